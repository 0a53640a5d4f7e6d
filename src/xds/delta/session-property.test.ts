import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  EnvoyLikeClient,
  type LinkedResources,
  setOfLinked,
} from '../../../test/support/xds/envoy-like-client.ts';
import { ResponseBytes } from './response-bytes.ts';

const service = fc.constantFrom('a', 'b', 'c', 'd');
const version = fc.integer({ min: 1, max: 3 });

/** Listeners name routes, routes name clusters, and nothing names what is not there. */
const world: fc.Arbitrary<LinkedResources> = fc
  .record({
    clusters: fc.dictionary(service, version),
    endpoints: fc.dictionary(service, version),
    listeners: fc.dictionary(service, version),
    targets: fc.dictionary(service, fc.array(service, { maxLength: 3 })),
    secret: version,
  })
  .map(({ clusters, endpoints, listeners, targets, secret }) => ({
    clusters,
    endpoints,
    listeners,
    targets: Object.fromEntries(
      Object.keys(listeners).map((name) => [
        name,
        (targets[name] ?? []).filter((cluster) => clusters[cluster] !== undefined),
      ]),
    ),
    secret,
  }));

type Event =
  | { readonly kind: 'offer'; readonly world: LinkedResources }
  | { readonly kind: 'answer'; readonly which: number; readonly refuse: boolean }
  | { readonly kind: 'reconnect' }
  | { readonly kind: 'restart' };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('offer' as const), world }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      which: fc.nat(9),
      refuse: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
);

function play(
  events: readonly Event[],
  last: LinkedResources,
  mayRefuse: boolean,
): EnvoyLikeClient {
  const client = new EnvoyLikeClient(new ResponseBytes());
  for (const one of events) {
    if (one.kind === 'offer') client.offer(setOfLinked(one.world));
    else if (one.kind === 'reconnect') client.reconnect();
    else if (one.kind === 'restart') client.restart();
    else client.answer(one.which, mayRefuse && one.refuse);
  }
  client.offer(setOfLinked(last));
  client.answerAll();
  return client;
}

const nothing: LinkedResources = {
  clusters: {},
  endpoints: {},
  listeners: {},
  targets: {},
  secret: 1,
};
const answer = (which: number): Event => ({ kind: 'answer', which, refuse: false });

/** A cluster's removal is on its way when a route begins to name it. */
const offeredAgainWhileItGoes: [Event[], LinkedResources] = [
  [
    { kind: 'restart' },
    { kind: 'offer', world: { ...nothing, clusters: { a: 1 } } },
    { kind: 'offer', world: { ...nothing, listeners: { b: 1 }, targets: { b: [] } } },
    answer(0),
    answer(4),
    answer(5),
  ],
  { ...nothing, clusters: { a: 1 }, listeners: { b: 1 }, targets: { b: ['a'] } },
];

/** The listener that is withdrawn before it was sent is all that keeps the cluster from being removed. */
const withdrawnBeforeItWasSent: [Event[], LinkedResources] = [
  [
    { kind: 'offer', world: { ...nothing, clusters: { a: 1 }, secret: 3 } },
    answer(0),
    answer(2),
    {
      kind: 'offer',
      world: { ...nothing, clusters: { a: 1 }, listeners: { a: 1 }, targets: { a: [] } },
    },
  ],
  { ...nothing, secret: 3 },
];

describe('any sequence of offers, answers, reconnects and restarts', () => {
  it('ends with the proxy holding exactly what was offered last', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), world, (events, last) => {
        const client = play(events, last, false);
        expect(client.held()).toEqual(client.wanted());
        expect(client.synced).toBe(true);
      }),
      { numRuns: 500, examples: [withdrawnBeforeItWasSent] },
    );
  });

  it('never names a resource that the proxy lacks, and never removes a named resource', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), world, (events, last) => {
        const client = play(events, last, true);
        expect(client.mistakes).toEqual([]);
      }),
      { numRuns: 500, examples: [offeredAgainWhileItGoes] },
    );
  });

  it('with refusals ends in silence, with all in force that was not refused', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), world, (events, last) => {
        const client = play(events, last, true);
        const refused = client.refused();
        const differs = client.differences();
        for (const name of differs.missing) expect(refused).toContain(name);
        if (refused.length === 0) expect(client.synced).toBe(true);
      }),
      { numRuns: 500, examples: [withdrawnBeforeItWasSent] },
    );
  });
});
