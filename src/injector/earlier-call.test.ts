import { describe, expect, it } from '@jest/globals';
import { ask, messageOf, patched } from '../../test/support/injector/injected-pod.ts';
import { makeAdmittedPod, makeFacts } from '../../test/support/injector/injection.ts';
import { injectedBy, originalProbes } from '../api/labels.ts';
import { parseProbes } from '../mesh/probes.ts';
import type { AdmittedContainer, AdmittedPod } from './admitted-pod.ts';
import { readEarlierCalls } from './earlier-call.ts';

const plain = makeAdmittedPod();
const injected = patched(plain, ask(plain));
const [init, sidecar] = injected.spec.initContainers as [AdmittedContainer, AdmittedContainer];

function changed(
  containers: readonly object[],
  volumes: unknown = injected.spec.volumes,
): AdmittedPod {
  const spec = { ...injected.spec, initContainers: containers, volumes };
  return { ...injected, spec } as unknown as AdmittedPod;
}

const secondCall = (pod: AdmittedPod, facts = makeFacts()): AdmittedPod =>
  patched(pod, ask(pod, facts));

describe('an injected pod at a second call', () => {
  it.each<[string, object, object]>([
    ['no rules', { ...init, env: [] }, sidecar],
    ['a command in place of the rules', { ...init, command: ['true'] }, sidecar],
    [
      'rules that others read',
      {
        ...init,
        env: [...(init as unknown as { env: object[] }).env, { name: 'WEFT_RULES_V4', value: '' }],
      },
      sidecar,
    ],
    ['another image', { ...init, image: 'evil.example/nothing:1' }, sidecar],
    ['a sidecar of another user', init, { ...sidecar, securityContext: { runAsUser: 0 } }],
    ['a sidecar with other arguments', init, { ...sidecar, args: ['--config-yaml', '{}'] }],
    ['a sidecar that ends', init, { ...sidecar, restartPolicy: undefined }],
  ])('has what it must have, though a user wrote %s', (_what, one, two) => {
    const { spec, metadata } = secondCall(
      JSON.parse(JSON.stringify(changed([one, two]))) as AdmittedPod,
    );
    expect(spec.initContainers).toEqual([
      expect.objectContaining({
        name: 'weft-init',
        image: 'weft-init:1',
        env: (init as { env?: object }).env,
      }),
      sidecar,
    ]);
    expect(spec.initContainers?.[0]).not.toHaveProperty('command');
    expect(metadata.labels?.[injectedBy]).toBe('osm');
  });

  it('has the rules first and both once', () => {
    const { spec } = secondCall(changed([{ name: 'mine' }, sidecar, init]));
    expect(spec.initContainers).toEqual([init, sidecar, { name: 'mine' }]);
  });

  it('has its volumes as they must be', () => {
    const empty = [
      { name: 'mine' },
      { name: 'weft-token', emptyDir: {} },
      { name: 'weft-bootstrap', configMap: { name: 'of-mine' } },
    ];
    const { spec } = secondCall(changed([init, sidecar], empty));
    expect(spec.volumes).toHaveLength(3);
    expect(spec.volumes).toEqual(
      expect.arrayContaining([{ name: 'mine' }, ...(injected.spec.volumes ?? [])]),
    );
  });

  it('keeps what other webhooks and the API server added', () => {
    const env = [...(sidecar as unknown as { env: object[] }).env, { name: 'TZ', value: 'UTC' }];
    const grown = {
      ...sidecar,
      ...{ image: 'mirror.example/envoy:1', resources: { limits: { cpu: '1' } }, env },
      ...{ terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
    };
    const pod = changed([{ name: 'theirs' }, init, grown]);
    expect(secondCall(pod).spec).toEqual(pod.spec);
  });

  it('follows the settings of the moment', () => {
    const facts = makeFacts({ traffic: { outboundPortExclusionList: [4321] } });
    expect(JSON.stringify(secondCall(injected, facts).spec.initContainers)).toContain('4321');
  });
});

describe('a pod that claims to be injected', () => {
  it('by label and annotation is injected like any other', () => {
    const note = [
      { container: 'app', probe: 'liveness', kind: 'http', port: 80, path: '/', key: '' },
    ];
    const claims = makeAdmittedPod(
      { containers: [{ name: 'app', livenessProbe: { httpGet: { port: 8080 } } }] },
      { labels: { [injectedBy]: 'osm' }, annotations: { [originalProbes]: JSON.stringify(note) } },
    );
    const { spec, metadata } = secondCall(claims);
    expect(spec.initContainers?.map(({ name }) => name)).toEqual(['weft-init', 'envoy']);
    expect(metadata.annotations?.[originalProbes]).toContain('"port":8080');
  });

  it.each<[string, Partial<AdmittedPod['spec']>]>([
    ['by a sidecar alone', { initContainers: [{ name: 'envoy' }] }],
    ['without the volumes', { initContainers: [{ name: 'weft-init' }, { name: 'envoy' }] }],
    [
      'with a sidecar twice',
      {
        initContainers: [{ name: 'weft-init' }, { name: 'envoy' }, { name: 'envoy' }],
        volumes: injected.spec.volumes ?? [],
      },
    ],
  ])('%s is refused for its names', (_what, spec) => {
    expect(messageOf(ask(makeAdmittedPod(spec)))).toContain('container envoy has a name');
  });

  it('by all names of its parts gets the parts', () => {
    const volumes = ['weft-bootstrap', 'weft-token'].map((name) => ({ name, emptyDir: {} }));
    const initContainers = ['weft-init', 'envoy'].map((name) => ({ name, image: 'true:1' }));
    expect(secondCall(makeAdmittedPod({ initContainers, volumes })).spec).toEqual(injected.spec);
  });

  it.each([
    ...['[', '{}', 'null', '[null]', '[{"container":1}]'],
    ...[{ port: 15_000 }, { port: 70_000 }, { port: 0 }, { port: 80.5 }, { port: '80' }].map(noted),
    ...[{ kind: 'udp' }, { probe: 'preStop', kind: 'tcp' }, { probe: 'else' }].map(noted),
    ...[{ path: undefined }, { path: '\ud800' }, { service: 1 }, { key: '/' }].map(noted),
    ...[{ timeoutSeconds: undefined }, { timeoutSeconds: 0 }, { timeoutSeconds: 2 ** 31 }].map(
      noted,
    ),
    ...[{ headers: {} }, { headers: [{ name: 'a b', value: '' }] }, { headers: [{}] }].map(noted),
  ])('with the note %j has no probe led by it', (note) => {
    expect(messageOf(ask(led(note)))).toContain('port 15901, which the sidecar reserves');
  });

  it.each([noted({}), noted({ headers: [{ name: 'Host', value: 'a' }], key: 'k' })])(
    'with the note %j has its probe led by it',
    (note) => {
      const { spec, metadata } = secondCall(led(note));
      expect(spec.containers).toMatchObject(led(note).spec.containers);
      expect(parseProbes(metadata.annotations?.[originalProbes])).toEqual(parseProbes(note));
    },
  );

  it.each([
    { kind: 'grpc', path: '' },
    { headers: undefined, key: undefined },
    { probe: 'preStop', key: 'a'.repeat(15) },
    { probe: 'postStart', key: 'a'.repeat(16) },
    { container: '-' },
    { path: 'x' },
    { port: 65_535 },
    { port: 65_536 },
    { timeoutSeconds: 1.5 },
    { key: 'a'.repeat(65) },
  ])('believes what the control plane believes, and nothing else: %j', (changes) => {
    const pod = led(noted(changes));
    const read = parseProbes(pod.metadata.annotations?.[originalProbes]);
    expect(readEarlierCalls(pod)).toHaveLength(typeof read === 'string' ? 0 : 1);
  });
});

/** A note of one call, changed. */
function noted(changes: object): string {
  const call = { container: 'app', probe: 'liveness', kind: 'http', port: 8080, path: '/' };
  const rest = { service: '', timeoutSeconds: 1, headers: [], key: '' };
  return JSON.stringify([{ ...call, ...rest, ...changes }]);
}

/** An injected pod whose liveness probe goes to the sidecar, with that note. */
function led(note: string): AdmittedPod {
  const httpGet = { path: '/osm-liveness-probe/app', port: 15_901 };
  const containers = [{ name: 'app', livenessProbe: { httpGet } }];
  return {
    ...injected,
    metadata: { name: 'p', annotations: { [originalProbes]: note } },
    spec: { ...injected.spec, containers },
  };
}
