import { expect, it } from '@jest/globals';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { followLogLevel } from './log-level.ts';

type Followed = Parameters<typeof followLogLevel>[0];

it('keeps the log at the level of the MeshConfig in force, and says so when it changes only', () => {
  let spec: MeshConfig['spec'] | undefined;
  let changed = (): void => undefined;
  const set: string[] = [];
  const sources = {
    meshConfigs: { subscribe: (callback: () => void) => void (changed = callback) },
  };
  followLogLevel({
    sources: sources as unknown as Followed['sources'],
    spec: () => spec,
    options: {
      setLogLevel: (level: string) => void set.push(level),
    } as unknown as Followed['options'],
  });
  for (const osmLogLevel of [undefined, 'debug', 'debug', 'panic', 'disabled', 'info']) {
    spec = osmLogLevel === undefined ? undefined : { observability: { osmLogLevel } };
    changed();
  }
  expect(set).toEqual(['debug', 'error', 'off', 'info']);
});
