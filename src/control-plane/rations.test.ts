import { expect, it } from '@jest/globals';
import { policyKinds } from '../api/policy-kinds.ts';
import { createRations } from './rations.ts';

it('names the namespaces of which not all is known, in the same list while nothing changed', () => {
  const rations = createRations('weft-system');
  const budget = rations.rationOf(policyKinds.TCPRoute, undefined).ration?.budget;
  const enter = (at: number): void => {
    const key = `shop/r${at}`;
    budget?.enter({ kind: 'TCPRoute', key, namespace: 'shop', created: String(at), weight: 1 });
  };
  for (let at = 1_000; at < 5_096; at += 1) enter(at);
  expect(rations.crowded()).toEqual([]);
  enter(5_096);
  const crowded = rations.crowded();
  expect(crowded.map(({ object, code }) => [object.name, code])).toEqual([
    ['shop', 'namespace-crowded'],
  ]);
  expect(rations.crowded()).toBe(crowded);
  for (let at = 1_000; at < 2_000; at += 1) budget?.leave('TCPRoute', `shop/r${at}`);
  expect(rations.crowded()).toEqual([]);
});
