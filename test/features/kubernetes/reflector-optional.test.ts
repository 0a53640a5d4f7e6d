import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { reflect } from '../../../src/kubernetes/reflector.ts';
import {
  type FaultyApiRig,
  startFaultyApiRig,
} from '../../support/api-server/faulty-api-server.ts';
import { guestKind } from '../../support/api-server/guest-kind.ts';
import { until } from '../../support/time/until.ts';

const group = `optional-${String(process.pid)}.weft.test`;
const { guest, definitions, definition } = guestKind(group);
const options = { fieldManager: 'test' };

describe('a reflector of an optional kind', () => {
  let rig: FaultyApiRig;
  beforeAll(async () => {
    rig = await startFaultyApiRig(`optional-${String(process.pid)}`);
  });
  afterAll(() => rig.stop());

  it('is synced without the CRD, and follows the kind when it comes, goes and comes back', async () => {
    const deps = { clock: systemClock, random: Math.random, log: silentLogger, absentMs: 50 };
    const backOff = { baseMs: 20, maxMs: 200 };
    const reflector = reflect<KubernetesObject>(rig.direct, guest, {
      optional: true,
      ...deps,
      backOff,
      idleMs: 800,
    });
    const over = new AbortController();
    const running = reflector.run(over.signal);
    const names = (): string => [...reflector.objects.keys()].join();
    await reflector.whenSynced(rig.signal);
    expect(names()).toBe('');
    const key = `${rig.namespace}/one`;
    for (const turn of ['first', 'second']) {
      await rig.direct.apply(definitions, definition, options, rig.signal);
      const object = {
        ...{ apiVersion: `${group}/v1`, kind: 'Guest' },
        metadata: { name: 'one', namespace: rig.namespace, labels: { turn } },
      };
      const put = (): Promise<boolean> =>
        rig.direct.apply(guest, object, options, rig.signal).then(
          () => true,
          () => false,
        );
      await until(put, { withinMs: 20_000 });
      await until(() => names() === key, { withinMs: 20_000 });
      expect(reflector.objects.get(key)?.metadata.labels).toEqual({ turn });
      const crd = { kind: definitions, name: definition.metadata.name };
      await rig.direct.remove(crd, {}, rig.signal);
      await until(() => names() === '', { withinMs: 20_000 });
      // A CRD goes after its objects. The next turn must not apply onto the CRD that is going.
      const isGone = async (): Promise<boolean> =>
        (await rig.direct.get(crd, rig.signal)) === undefined;
      await until(isGone, { withinMs: 20_000 });
    }
    over.abort();
    await running;
  }, 90_000);
});
