import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../api/core.ts';
import { systemClock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import { silentLogger } from '../common/logger.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { makeTcpRoute } from '../../test/support/builders/make-policy.ts';
import {
  clientThat,
  makeTarget,
  since,
  wanted,
  written,
} from '../../test/support/builders/status-story.ts';
import { shownPorts } from './policy-statuses.ts';
import { keptStatus } from './kept-status.ts';
import { StatusWriter, isUpToDate, type PolicyObject, type WantedStatus } from './status-writer.ts';

async function runOnce(all: readonly WantedStatus[], client: ApiClient): Promise<string[]> {
  const over = new AbortController();
  const told: string[] = [];
  const writer = new StatusWriter({
    client,
    clock: systemClock,
    logger: silentLogger,
    wanted: () => all,
    onWritten: ({ object }) => told.push(object.metadata.name),
  });
  const running = writer.run(over.signal);
  await systemClock.sleep(20, over.signal);
  over.abort();
  await running;
  return told;
}

describe('isUpToDate', () => {
  it('does not look at times', () => expect(isUpToDate(wanted, written)).toBe(true));
  it('sees a missing status', () => expect(isUpToDate(wanted, {})).toBe(false));
  it('sees another count', () =>
    expect(isUpToDate(wanted, { ...written, acknowledged: 0 })).toBe(false));
  it('sees other ports, and ports that are told no more', () => {
    expect(isUpToDate({ ...wanted, ports: 'all' }, written)).toBe(false);
    expect(isUpToDate(wanted, { ...written, ports: 'all' })).toBe(false);
  });
  it('needs no write for what was written and kept, of whatever kind', () => {
    const many = Array.from({ length: 4_096 }, (_, at) => 60_000 + at);
    const route = makeTcpRoute({ ports: many });
    const { ports: shown } = shownPorts('TCPRoute', route);
    for (const ports of [undefined, 'all', '80,443', shown]) {
      const all = { ...wanted, ...(ports !== undefined && { ports }) };
      const conditions = written.conditions;
      expect(isUpToDate(all, keptStatus({ ...all, conditions }) ?? {})).toBe(true);
    }
  });
  it('sees another message', () => {
    const conditions = written.conditions.map((c) => ({ ...c, message: 'other' }));
    expect(isUpToDate(wanted, { ...written, conditions })).toBe(false);
  });
});

describe('StatusWriter', () => {
  it('writes what differs and nothing else', async () => {
    const applied: string[] = [];
    const client = clientThat((object) => applied.push(object.metadata.name));
    const told = await runOnce([makeTarget('new'), makeTarget('same', written)], client);
    expect(applied).toEqual(['new']);
    expect(told).toEqual(['new']);
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
