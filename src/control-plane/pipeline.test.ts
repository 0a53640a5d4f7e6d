import { expect, it } from '@jest/globals';
import { makeChange, membership } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import { makeNamespace, makePod, makeService } from '../../test/support/builders/make-object.ts';
import { emptySnapshot } from '../cluster/snapshot.ts';
import type { ResourceSet } from '../xds/resources/resource.ts';
import type { Proxy } from '../policy/proxy.ts';
import { Pipeline } from './pipeline.ts';

it('lets a pod serve a Service that left it until callers know, and then no more', () => {
  let now = 0;
  const asked: number[] = [];
  const offers: (ResourceSet | undefined)[] = [];
  const pod = makePod();
  const proxy = { uid: pod.metadata.uid, account: 'shop/cart' } as unknown as Proxy;
  const settings = makeSettings({ permissive: true });
  const pipeline = new Pipeline({
    start: () => emptySnapshot(membership),
    settings: () => settings,
    secrets: { secretsOf: () => undefined },
    publish: (setOf) => offers.push(setOf(proxy)),
    onCompiled: () => undefined,
    now: () => now,
  });
  const run = (): void => {
    const again = pipeline.run();
    if (again !== undefined) asked.push(again);
  };
  const clusters = (): readonly string[] =>
    [...(offers.at(-1)?.cluster.keys() ?? [])].filter((name) => name.includes('local'));

  pipeline.gather([makeNamespace(), pod, makeService()].map(makeChange));
  run();
  const before = clusters();
  expect(before).toHaveLength(1);
  pipeline.gather([makeChange(makeService({ app: 'green' }))]);
  run();
  expect([clusters(), asked]).toEqual([before, [5_000]]);
  now = 5_000;
  run();
  expect([clusters(), offers.length]).toEqual([[], 3]);
  run();
  expect([asked, offers.length]).toEqual([[5_000], 3]);
});
