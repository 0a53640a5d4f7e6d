import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../api/core.ts';
import { systemClock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import { silentLogger } from '../common/logger.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import {
  clientThat,
  makeTarget,
  since,
  written,
} from '../../test/support/builders/status-story.ts';
import { StatusWriter } from './status-writer.ts';
import type { PolicyObject } from './kept-status.ts';
import type { WantedStatus } from './wanted-status.ts';

async function runOnce(all: readonly WantedStatus[], client: ApiClient): Promise<string[]> {
  const over = new AbortController();
  const writtenNames: string[] = [];
  const writer = new StatusWriter({
    client,
    clock: systemClock,
    logger: silentLogger,
    wanted: () => all,
    onWritten: ({ object }) => writtenNames.push(object.metadata.name),
  });
  const running = writer.run(over.signal);
  await systemClock.sleep(20, over.signal);
  over.abort();
  await running;
  return writtenNames;
}

describe('StatusWriter', () => {
  it('writes what differs and nothing else', async () => {
    const applied: string[] = [];
    const client = clientThat((object) => applied.push(object.metadata.name));
    const writtenNames = await runOnce([makeTarget('new'), makeTarget('same', written)], client);
    expect(applied).toEqual(['new']);
    expect(writtenNames).toEqual(['new']);
  });

  it('keeps the time of a condition whose status did not change', async () => {
    const applied: KubernetesObject[] = [];
    const before = { ...written, acknowledged: 0 };
    await runOnce(
      [makeTarget('a', before)],
      clientThat((object) => applied.push(object)),
    );
    const status = (applied[0] as PolicyObject).status;
    expect(status?.conditions?.[0]?.lastTransitionTime).toBe(since.lastTransitionTime);
  });

  it('goes on with the others when one cannot be written', async () => {
    const client = clientThat(({ metadata }) => {
      if (metadata.name === 'bad') throw new WeftError('api-rejected', 'no');
    });
    expect(await runOnce([makeTarget('bad'), makeTarget('good')], client)).toEqual(['good']);
  });
});
