import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { kinds } from '../../../src/api/kinds.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { EventObject } from '../../../src/kubernetes/event-object.ts';
import { createEventRecorder } from '../../../src/kubernetes/events.ts';
import {
  type FaultyApiRig,
  makeConfigMap,
  startFaultyApiRig,
} from '../../support/api-server/faulty-api-server.ts';
import { until } from '../../support/time/until.ts';

let rig: FaultyApiRig;

beforeAll(async () => {
  rig = await startFaultyApiRig(`events-${String(process.pid)}`);
});

afterAll(() => rig.stop());

it('writes events that the API server accepts, and counts repeated ones in one', async () => {
  const recorder = createEventRecorder({
    client: rig.direct,
    clock: systemClock,
    log: silentLogger,
    controller: 'weft.dev/test',
    instance: 'test-0',
  });
  const over = new AbortController();
  const ended = recorder.run(over.signal);
  const { direct, namespace, signal } = rig;
  const made = makeConfigMap(namespace, 'subject');
  const regarding = await direct.create(kinds.configMap, made, signal);
  const common = { regarding, type: 'Warning', reason: 'Broken' } as const;
  recorder.record({ ...common, note: 'first' });
  recorder.record({ ...common, note: 'é'.repeat(2000) });
  const events = (): Promise<readonly EventObject[]> =>
    direct.list<EventObject>(kinds.event, { namespace }, signal);
  await until(async () => (await events()).length === 2);
  recorder.record({ ...common, note: 'first' });
  await until(async () => (await events()).some(({ series }) => series?.count === 2));
  const first = (await events()).find(({ note }) => note === 'first');
  expect(first).toMatchObject({
    reason: 'Broken',
    action: 'Broken',
    type: 'Warning',
    reportingController: 'weft.dev/test',
    regarding: { kind: 'ConfigMap', name: regarding.metadata.name, uid: regarding.metadata.uid },
  });
  over.abort();
  await ended;
});
