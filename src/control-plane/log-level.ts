import type { LogLevel } from '../common/logger.ts';
import type { Ground } from './ground.ts';

/** OSM's levels in ours: it has two above `error` that end a process, and one for silence. */
const levels: Readonly<Record<string, LogLevel | 'off'>> = {
  ...{ trace: 'trace', debug: 'debug', info: 'info', warn: 'warn', error: 'error' },
  ...{ fatal: 'error', panic: 'error', disabled: 'off' },
};

/** Keeps the process's log at the level that the MeshConfig in force asks for. */
export function followLogLevel({
  sources,
  spec,
  options,
}: Pick<Ground, 'sources' | 'spec' | 'options'>): void {
  let current: string | undefined;
  sources.meshConfigs.subscribe(() => {
    const wanted = spec()?.observability?.osmLogLevel;
    if (wanted === undefined || wanted === current) return;
    current = wanted;
    options.setLogLevel?.(levels[wanted] ?? 'info');
  });
}
