import { expect, it } from '@jest/globals';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { silentLogger } from '../common/logger.ts';
import { Topic } from '../common/topic.ts';
import { followLogLevel } from './log-level.ts';

it('keeps the log at the level of the MeshConfig in force, and says so when it changes only', async () => {
  const meshConfig = new Topic<MeshConfig['spec'] | undefined>(silentLogger, undefined);
  const set: string[] = [];
  const over = new AbortController();
  const part = followLogLevel(meshConfig, { setLogLevel: (level) => void set.push(level) });
  const ended = part.run(over.signal);
  for (const osmLogLevel of [undefined, 'debug', 'debug', 'panic', 'disabled', 'info'])
    meshConfig.publish(osmLogLevel === undefined ? undefined : { observability: { osmLogLevel } });
  expect(set).toEqual(['debug', 'error', 'off', 'info']);
  over.abort();
  await ended;
});
