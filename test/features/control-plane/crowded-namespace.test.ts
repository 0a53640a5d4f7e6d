import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { policyKinds } from '../../../src/api/policy-kinds.ts';
import { makeTcpRoute } from '../../support/builders/make-policy.ts';
import {
  startReplicaRig,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(180_000);

/** One more than the control plane knows of a namespace. */
const count = 4_097;
const atOnce = 16;

let rig: ReplicaRig;

beforeAll(async () => {
  rig = await startReplicaRig();
});
afterAll(async () => {
  await rig.stop();
});

async function writeEvery(from: number): Promise<void> {
  for (let at = from; at < count; at += atOnce) {
    const route = makeTcpRoute({ name: `r${at}`, namespace: 'shop' });
    await rig.admin.create(policyKinds.TCPRoute, route, rig.signal);
  }
}

it('gets an Event that its newest objects are left out', async () => {
  await Promise.all(Array.from({ length: atOnce }, (_, from) => writeEvery(from)));
  await rig.startReplica('a');
  const notes = await until(
    async () => {
      const only = ['--field-selector', 'reason=namespace-crowded'];
      const path = '-o=jsonpath={.items[*].message}';
      const messages = await rig.kubectl('get', 'events', '-n', 'shop', ...only, path);
      return messages === '' ? undefined : messages;
    },
    { what: 'an Event in the namespace', withinMs: 60_000 },
  );
  expect(notes).toContain('more than 4,096 SMI policies');
});
