import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ask, patched, warningsOf } from '../../test/support/injector/injected-pod.ts';
import { makeAdmittedPod } from '../../test/support/injector/injection.ts';
import { deepFreeze } from '../common/freeze.ts';
import type { AdmittedContainer, AdmittedPod } from './admitted-pod.ts';

describe('any pod', () => {
  it('keeps all that people wrote, is injected once, and is answered the same each time', () => {
    fc.assert(
      fc.property(anyPod, (pod) => {
        deepFreeze(pod);
        const answer = ask(pod);
        expect(ask(pod)).toEqual(answer);
        const after = patched(pod, answer);
        expectKept(pod, after);
        const again = ask(after);
        expect(warningsOf(again)).toEqual(warningsOf(answer));
        expect(patched(after, again)).toEqual(after);
      }),
      { numRuns: 300 },
    );
  });

  it('gets from a second call only new parts: case 20', () => {
    fc.assert(
      fc.property(anyPod, container('late'), fc.boolean(), (pod, late, first) => {
        const once = patched(pod, ask(pod));
        const containers = first
          ? [late, ...once.spec.containers]
          : [...once.spec.containers, late];
        const more = JSON.parse(
          JSON.stringify({ ...once, spec: { ...once.spec, containers } }),
        ) as AdmittedPod;
        const twice = patched(more, ask(more));
        expect(names(twice)).toEqual(names(once));
        expect(twice.spec.initContainers).toEqual(once.spec.initContainers);
        expect(twice.spec.containers.filter(({ name }) => name !== 'late')).toEqual(
          once.spec.containers,
        );
        const alone = makeAdmittedPod({ ...pod.spec, containers: [late as AdmittedContainer] });
        const expected = patched(alone, ask(alone)).spec.containers[0];
        expect(twice.spec.containers.find(({ name }) => name === 'late')).toEqual(expected);
        expect(patched(twice, ask(twice))).toEqual(twice);
      }),
      { numRuns: 300 },
    );
  });
});

const names = ({ spec }: AdmittedPod): readonly string[] =>
  [...(spec.initContainers ?? []), ...(spec.volumes ?? [])].map(({ name }) => name);

const keys = fc.stringMatching(/^[a-z/~.]{1,8}$/);
const texts = fc.dictionary(keys, fc.string({ maxLength: 5 }), {
  maxKeys: 4,
  noNullPrototype: true,
});
const ports = fc.integer({ min: 1, max: 14_999 });
const probe = fc.record(
  {
    ...{ timeoutSeconds: fc.nat(9), periodSeconds: fc.nat(9), failureThreshold: fc.nat(9) },
    httpGet: fc.option(
      fc.record(
        {
          port: fc.oneof(ports, fc.constant('web')),
          path: fc.constantFrom('/', '/a'),
          scheme: fc.constantFrom('HTTP', 'HTTPS'),
          host: fc.constantFrom('', 'x'),
        },
        { requiredKeys: ['port'], noNullPrototype: true },
      ),
      { nil: undefined },
    ),
  },
  { noNullPrototype: true },
);
const otherProbe = fc.oneof(
  fc.record({ tcpSocket: fc.record({ port: ports }) }),
  fc.record({ grpc: fc.record({ port: ports }), periodSeconds: fc.nat(9) }),
  fc.record({ exec: fc.constant({ command: ['x'] }) }),
);
const anyProbe = fc.oneof(probe, otherProbe);
const container = (name: string) =>
  fc.record(
    {
      name: fc.constant(name),
      image: fc.string(),
      env: fc.array(fc.record({ name: fc.string(), value: fc.string() }), { maxLength: 2 }),
      ports: fc.constantFrom([], [{ name: 'web', containerPort: 80 }], [{ containerPort: 81 }]),
      ...{ livenessProbe: anyProbe, readinessProbe: anyProbe, startupProbe: anyProbe },
      lifecycle: fc.constantFrom(
        {},
        { postStart: { exec: {} } },
        { preStop: { exec: {} } },
        { preStop: { httpGet: { port: 80 } }, postStart: { httpGet: { path: '/up', port: 81 } } },
      ),
      restartPolicy: fc.constantFrom('Always', undefined),
    },
    { requiredKeys: ['name'], noNullPrototype: true },
  );
const containers = (stem: string, min: number) =>
  fc
    .integer({ min, max: 3 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, at) => container(`${stem}${at}`))),
    );

const anyPod = fc
  .record({
    metadata: fc.record(
      { name: fc.constant('p'), labels: texts, annotations: texts },
      { requiredKeys: ['name'], noNullPrototype: true },
    ),
    spec: fc.record(
      {
        containers: containers('app', 1),
        initContainers: containers('init', 0),
        volumes: fc.array(fc.record({ name: keys, emptyDir: fc.constant({}) }), { maxLength: 2 }),
        serviceAccountName: fc.constantFrom('', 'default', 'cart'),
        restartPolicy: fc.constantFrom('Always', 'Never'),
        terminationGracePeriodSeconds: fc.nat(60),
        securityContext: fc.constantFrom({}, { runAsUser: 1000, fsGroup: 7 }),
        automountServiceAccountToken: fc.boolean(),
      },
      { requiredKeys: ['containers'], noNullPrototype: true },
    ),
  })
  .map((parts) => ({ apiVersion: 'v1', kind: 'Pod', ...parts }))
  .map((pod) => JSON.parse(JSON.stringify(pod)) as AdmittedPod);

/** Everything of `before` is in `after`; lists keep their order, insertions apart; probes keep all but their target. */
function expectKept(before: AdmittedPod, after: AdmittedPod): void {
  expect(after.metadata.labels).toMatchObject(before.metadata.labels ?? {});
  expect(after.metadata.annotations).toMatchObject(before.metadata.annotations ?? {});
  const { containers: own, initContainers: ownInit = [], volumes = [], ...rest } = before.spec;
  expect(after.spec).toMatchObject(rest);
  expect(after.spec.volumes?.slice(0, volumes.length)).toEqual(volumes);
  expect(after.spec.volumes).toHaveLength(volumes.length + 2);
  expect(after.spec.initContainers?.slice(2).map(withoutTargets)).toEqual(
    ownInit.map(withoutTargets),
  );
  expect(after.spec.containers).toHaveLength(own.length);
  for (const [at, container] of own.entries())
    expect(withoutTargets(after.spec.containers[at] ?? {})).toMatchObject(
      withoutTargets(container),
    );
}

function withoutTargets(container: object): object {
  const entries = Object.entries(container) as [string, object][];
  return Object.fromEntries(
    entries.map(([key, value]) => {
      if (key === 'lifecycle') return [key, mapValues(value, withoutTarget)];
      return [key, key.endsWith('Probe') ? withoutTarget(value) : value];
    }),
  );
}

function withoutTarget(probe: object): object {
  const targets = ['httpGet', 'tcpSocket', 'grpc'];
  return Object.fromEntries(Object.entries(probe).filter(([key]) => !targets.includes(key)));
}

function mapValues(object: object, map: (value: object) => object): object {
  const entries = Object.entries(object) as [string, object][];
  return Object.fromEntries(entries.map(([key, value]) => [key, map(value)]));
}
