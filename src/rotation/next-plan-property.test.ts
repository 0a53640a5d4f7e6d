import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MeshOfRoots } from '../../test/support/rotation/mesh-of-roots.ts';

type Happening = readonly [what: string, happens: (mesh: MeshOfRoots) => void];

const small = fc.nat({ max: 4 });
const root = fc.constantFrom('a', 'b', 'c');

function happening(
  what: string,
  happens: (mesh: MeshOfRoots, one: number, other: number) => void,
): fc.Arbitrary<Happening> {
  return fc.tuple(small, small).map(([one, other]) => [
    `${what}(${one}, ${other})`,
    (mesh: MeshOfRoots) => {
      happens(mesh, one, other);
    },
  ]);
}

const edit = root.map((target): Happening => [
  `edit(${target})`,
  (mesh) => {
    mesh.target = target;
  },
]);
const keep = fc.subarray(['a', 'b', 'c']).map((names): Happening => [
  `keep(${names.join()})`,
  (mesh) => {
    mesh.keep = names;
  },
]);
const breaks = fc.tuple(root, fc.boolean()).map(([name, broken]): Happening => [
  `${broken ? 'break' : 'mend'}(${name})`,
  (mesh) => {
    if (broken) mesh.broken.add(name);
    else mesh.broken.delete(name);
  },
]);

const bustle = fc
  .record({
    replica: fc.option(fc.nat({ max: 1 }), { nil: undefined, freq: 3 }),
    proxy: fc.nat({ max: 9 }),
    lacks: fc.constantFrom('trust', 'leaf', 'stream', 'bootstraps', 'webhooks' as const),
    ms: fc.constantFrom(0, 1000, 60_000, 120_000),
  })
  .map((round): Happening => [
    `bustle(${JSON.stringify(round)})`,
    (mesh) => {
      mesh.bustle(round);
    },
  ]);

const happenings = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: happening('operate', (mesh) => mesh.operate()) },
    {
      weight: 4,
      arbitrary: happening('report', (mesh, one) =>
        mesh.report({ partial: one === 0, counted: one !== 1 }),
      ),
    },
    { weight: 2, arbitrary: happening('pin', (mesh) => mesh.pin()) },
    {
      weight: 1,
      arbitrary: happening('set aside', (mesh, one) => mesh.setAside.add(`shop/p${one}`)),
    },
    { weight: 6, arbitrary: happening('follow', (mesh, one) => mesh.follow(one)) },
    { weight: 1, arbitrary: happening('restart', (mesh, one) => mesh.restart(one)) },
    { weight: 3, arbitrary: happening('webhooks', (mesh) => mesh.updateWebhooks()) },
    { weight: 3, arbitrary: happening('bootstraps', (mesh) => mesh.writeBootstraps()) },
    { weight: 2, arbitrary: happening('sync', (mesh, one) => mesh.sync(one)) },
    { weight: 3, arbitrary: happening('pass', (mesh, one) => mesh.pass(one * 30_000)) },
    { weight: 2, arbitrary: happening('start', (mesh) => mesh.start()) },
    { weight: 1, arbitrary: happening('end', (mesh, one) => mesh.end(one)) },
    { weight: 4, arbitrary: happening('connect', (mesh, one, to) => mesh.connect(one, to)) },
    { weight: 1, arbitrary: happening('lose', (mesh, one) => mesh.lose(one)) },
    { weight: 1, arbitrary: happening('freeze', (mesh, one) => mesh.freeze(one)) },
    { weight: 1, arbitrary: happening('thaw', (mesh, one) => mesh.thaw(one)) },
    { weight: 3, arbitrary: happening('trust', (mesh, one) => mesh.take(one, 'trust')) },
    { weight: 3, arbitrary: happening('leaf', (mesh, one) => mesh.take(one, 'leaf')) },
    { weight: 40, arbitrary: bustle },
    { weight: 5, arbitrary: edit },
    { weight: 1, arbitrary: keep },
    { weight: 1, arbitrary: breaks },
  ),
  { minLength: 40, maxLength: 240, size: 'max' },
);

function play(mesh: MeshOfRoots, events: readonly Happening[]): void {
  const seen: string[] = [];
  for (const [what, happens] of events) {
    happens(mesh);
    seen.push(what);
    if (mesh.violation !== undefined) throw new Error(`${mesh.violation} after ${seen.join(' ')}`);
  }
}

const runs = { numRuns: 1500 };

describe('nextPlan, in whatever order things happen', () => {
  it('never has a certificate in use that a proxy, a webhook or a new pod does not trust', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(happenings, (events) => {
        const mesh = new MeshOfRoots();
        mesh.start();
        mesh.start();
        const watched = events.map(([what, happens]): Happening => [
          what,
          (on) => {
            happens(on);
            reached.add(on.rotation?.phase ?? 'none');
          },
        ]);
        play(mesh, watched);
      }),
      runs,
    );
    const phases = ['DropOld', 'Preflight', 'Settle', 'SignNew', 'TrustBoth', 'none'];
    expect([...reached].sort()).toEqual(phases);
  });

  it('gets where it is to get to, from any state, once what ought to happen happens', () => {
    fc.assert(
      fc.property(happenings, root, (events, target) => {
        const mesh = new MeshOfRoots();
        play(mesh, events);
        for (const [index] of mesh.proxies.entries()) mesh.thaw(index);
        mesh.broken.clear();
        mesh.target = target;
        mesh.keep = [];
        mesh.settle(40);
        expect(mesh.violation).toBeUndefined();
        expect(mesh.rotation).toBeUndefined();
        const { signer, serverSigner, trusted } = mesh.plan;
        expect({ signer, serverSigner, trusted }).toEqual({
          signer: target,
          serverSigner: target,
          trusted: [target],
        });
      }),
      { numRuns: 500 },
    );
  });

  it('waits for a frozen proxy for ever, and goes on without it once it is set aside', () => {
    fc.assert(
      fc.property(happenings, fc.constantFrom('b', 'c'), (events, target) => {
        const mesh = new MeshOfRoots();
        play(mesh, events);
        mesh.broken.clear();
        mesh.setAside.clear();
        mesh.keep = [];
        mesh.target = 'a';
        for (const [index] of mesh.proxies.entries()) mesh.thaw(index);
        mesh.settle(40);
        mesh.start();
        mesh.settle(2);
        mesh.freeze(0);
        mesh.lose(0);
        mesh.target = target;
        mesh.settle(200);
        expect([mesh.plan.signer, mesh.rotation?.phase]).toEqual(['a', 'TrustBoth']);
        mesh.setAside.add(mesh.proxies[0]?.name ?? '');
        mesh.settle(60);
        expect([mesh.plan.signer, mesh.plan.trusted, mesh.rotation]).toEqual([
          target,
          [target],
          undefined,
        ]);
      }),
      { numRuns: 200 },
    );
  });
});
