import type { LogLevel } from '../common/logger.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { type Component, reaction } from '../common/component.ts';
import type { Followed } from '../common/topic.ts';
import type { ControlPlaneOptions } from './options.ts';

/** OSM's log levels as ours: OSM has two levels above `error` that end a process, and a level for silence. */
const levels: Readonly<Record<string, LogLevel | 'off'>> = {
  ...{ trace: 'trace', debug: 'debug', info: 'info', warn: 'warn', error: 'error' },
  ...{ fatal: 'error', panic: 'error', disabled: 'off' },
};

/** Keeps the process's log at the level in the MeshConfig in force. */
export function followLogLevel(
  meshConfig: Followed<MeshConfig['spec'] | undefined>,
  { setLogLevel }: Pick<ControlPlaneOptions, 'setLogLevel'>,
): Component {
  let current: string | undefined;
  const follow = (): void => {
    const wanted = meshConfig.value?.observability?.osmLogLevel;
    if (wanted === undefined || wanted === current) return;
    current = wanted;
    setLogLevel?.(levels[wanted] ?? 'info');
  };
  return reaction('log-level', [[meshConfig, follow]]);
}
