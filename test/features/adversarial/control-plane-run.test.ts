import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ConfigMap, KubernetesObject, SecretObject } from '../../../src/api/core.ts';
import { kinds, type Kind } from '../../../src/api/kinds.ts';
import { policyKinds } from '../../../src/api/policy-kinds.ts';
import { injectedBy, originalProbes } from '../../../src/api/labels.ts';
import type { LogFields, Logger } from '../../../src/common/logger.ts';
import type { ProxyDouble } from '../../support/xds/proxy-double.ts';
import {
  type Replica,
  type ReplicaRig,
  startReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';

jest.setTimeout(90_000);

/** Keeps every line of every level, as the process would print it. */
function recordingLogger(lines: string[], own: LogFields = {}): Logger {
  const log = (message: string, fields: LogFields = {}): void => {
    lines.push(JSON.stringify({ message, ...own, ...fields }));
  };
  return {
    ...{ error: log, warn: log, info: log, debug: log },
    with: (fields) => recordingLogger(lines, { ...own, ...fields }),
  };
}

/** TCP ports on which this very process listens. */
function listeningPorts(): ReadonlySet<number> {
  const own = new Set<string>();
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
      if (inode !== undefined) own.add(inode);
    } catch {
      // It was closed since it was listed.
    }
  }
  const rows = ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/self/net/${family}`, 'utf8').trim().split('\n').slice(1),
  );
  const listening = rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && own.has(inode ?? ''));
  return new Set(listening.map(([, local = '']) => parseInt(local.split(':')[1] ?? '', 16)));
}

/** What a port answers to bytes that are no TLS. */
function plaintext(port: number, hello: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(hello));
    socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('error', () => undefined).on('close', () => resolve(answer));
  });
}

/** An HTTPRouteGroup as deep as the API server takes one. */
function deepGroup(): string {
  const levels = 9_900;
  const headers = `${'{"a":'.repeat(levels)}"x"${'}'.repeat(levels)}`;
  return `{"apiVersion":"specs.smi-spec.io/v1alpha4","kind":"HTTPRouteGroup",
    "metadata":{"name":"deep","namespace":"shop"},
    "spec":{"matches":[{"name":"deep","headers":${headers}}]}}`;
}

const hostile: readonly (readonly [Kind, object])[] = [
  [
    policyKinds.HTTPRouteGroup,
    { spec: { matches: [{ name: 'a', headers: { constructor: '(' } }] } },
  ],
  [
    policyKinds.HTTPRouteGroup,
    { spec: { matches: [{ name: 'a', headers: [[1], null, { a: 1 }] }] } },
  ],
  [kinds.service, { spec: { clusterIP: '010.96.00.77', ports: [{ port: 80 }] } }],
  [kinds.service, { spec: { type: 'ExternalName', externalName: 'a.b' } }],
  [kinds.service, { spec: { clusterIP: 'None' } }],
  [
    kinds.endpointSlice,
    {
      metadata: { labels: { 'kubernetes.io/service-name': 'store' } },
      ...{ addressType: 'IPv4', ports: null },
      endpoints: [{ addresses: ['010.1.1.1'], targetRef: { kind: 'Pod', name: 'store-1' } }],
    },
  ],
  [
    kinds.pod,
    {
      metadata: {
        labels: { [injectedBy]: 'osm', constructor: 'x' },
        annotations: { [originalProbes]: '['.repeat(100_000) },
      },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    },
  ],
];

const service = `
apiVersion: v1
kind: Service
metadata: { name: store, namespace: shop }
spec: { selector: { app: store }, ports: [{ name: http-web, port: 80, targetPort: 8080 }] }
`;
const policy = `
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: buy, namespace: shop }
spec:
  destination: { kind: ServiceAccount, name: store, namespace: shop }
  sources: [{ kind: ServiceAccount, name: buyer, namespace: shop }]
  rules: [{ kind: HTTPRouteGroup, name: routes }]
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: routes, namespace: shop }
spec: { matches: [{ name: all }] }
`;

describe('a control plane that runs', () => {
  const log: string[] = [];
  const before = listeningPorts();
  let rig: ReplicaRig;
  let replica: Replica;
  let buyer: ProxyDouble;
  let taken: number;

  /** What the API server takes of it; others it refuses, which is just as well. */
  async function create(kind: Kind, object: object, name: string): Promise<boolean> {
    const { metadata = {} } = object as { metadata?: object };
    const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
    const whole = {
      ...{ apiVersion, kind: kind.kind, ...object },
      metadata: { name, namespace: 'shop', ...metadata },
    };
    return rig.admin.create<KubernetesObject>(kind, whole, rig.signal).then(
      () => true,
      () => false,
    );
  }

  beforeAll(async () => {
    rig = await startReplicaRig();
    replica = await rig.startReplica('one', recordingLogger(log));
    await rig.apply(service);
    const labels = { app: 'store' };
    await rig.makePod({ name: 'store-1', account: 'store', ip: '10.1.0.1', labels });
    const pod = await rig.makePod({ name: 'buyer-1', account: 'buyer', ip: '10.1.0.2' });
    buyer = await rig.connectProxy(pod, replica);
    await buyer.until(() => buyer.held.secret.size === 2);
    const results = [];
    for (const [index, [kind, object]] of hostile.entries())
      results.push(await create(kind, object, `hostile-${String(index)}`));
    const file = join(mkdtempSync(join(tmpdir(), 'weft-deep-')), 'deep.json');
    writeFileSync(file, deepGroup());
    const path = '/apis/specs.smi-spec.io/v1alpha4/namespaces/shop/httproutegroups';
    await rig.kubectl('create', '--raw', path, '-f', file);
    taken = results.filter(Boolean).length;
    await rig.apply(policy);
    await buyer.until(() => buyer.held.listener.has('outbound/shop/store/80'), 20_000);
  });

  afterAll(() => rig.stop());

  it('goes on with the rest whatever objects people make', async () => {
    expect(taken).toBeGreaterThan(3);
    await rig.kubectl('delete', 'traffictarget', '-n', 'shop', 'buy');
    await buyer.until(() => !buyer.held.listener.has('outbound/shop/store/80'));
    expect(log.filter((line) => /RangeError|TypeError|internal/.test(line))).toEqual([]);
  });

  it('opens no port for plaintext but that of its health (CVE-2022-23635, istiod 15010)', async () => {
    const ports = [...listeningPorts()].filter((port) => !before.has(port));
    expect(ports).toContain(replica.xdsPort);
    expect(ports).toHaveLength(5);
    const get = 'GET /debug/config_dump HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const answers = await Promise.all(ports.map((port) => plaintext(port, get)));
    const spoken = answers.filter((answer) => answer.includes('HTTP'));
    expect(spoken).toHaveLength(1);
    expect(spoken[0]).toMatch(/^HTTP\/1\.1 404 /);
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';
    for (const port of ports) expect(await plaintext(port, preface)).not.toContain('\0\0\x04');
  });

  it('keeps secrets out of its log, of ConfigMaps and of what proxies see of others', async () => {
    const secrets = await rig.admin.list<SecretObject>(kinds.secret, {}, rig.signal);
    const values = secrets.flatMap(({ data = {} }) =>
      Object.values(data).map((value) => Buffer.from(value, 'base64').toString()),
    );
    const keys = values.filter((value) => value.includes('PRIVATE KEY'));
    expect(keys.length).toBeGreaterThan(0);
    const bodies = keys.flatMap(privateLines);
    const maps = await rig.admin.list<ConfigMap>(kinds.configMap, {}, rig.signal);
    expect(maps.map(({ metadata }) => metadata.name)).toContain('weft-bootstrap');
    const output = [...log, ...maps.map((map) => JSON.stringify(map))].join('\n');
    expect(log.length).toBeGreaterThan(3);
    expect(output).not.toMatch(/PRIVATE KEY|eyJ[\w-]+\.eyJ/);
    for (const body of bodies) expect(output).not.toContain(body);
    const { secret, ...others } = buyer.held;
    const seen = Object.values(others).flatMap((held) =>
      [...held.values()].map(({ resource }) =>
        Buffer.from(resource?.value ?? []).toString('latin1'),
      ),
    );
    expect(secret.size).toBe(2);
    expect(seen.join('\n')).not.toContain('PRIVATE KEY');
  });

  it('has a root of its own: two meshes share no key (CVE-2026-31837)', async () => {
    const other = await startReplicaRig();
    try {
      await other.startReplica('other');
      const [one, two] = [await rig.trust(), await other.trust()];
      expect(one).toContain('BEGIN CERTIFICATE');
      expect(two).toContain('BEGIN CERTIFICATE');
      expect(one).not.toBe(two);
    } finally {
      await other.stop();
    }
  });
});

describe('what is shipped', () => {
  const repository = join(import.meta.dirname, '../../..');

  it.each(['src', 'config', 'crds', 'demo', 'images', 'test/golden'])(
    '%s has no key in it',
    (folder) => {
      const entries = readdirSync(join(repository, folder), {
        recursive: true,
        withFileTypes: true,
      });
      const files = entries.filter(
        (entry) => entry.isFile() && !entry.parentPath.includes('node_modules'),
      );
      expect(files.length).toBeGreaterThan(0);
      const key = /PRIVATE KEY-----\s*\n?\s*[\w+/=]{40,}|eyJ[\w-]{20,}\.eyJ/;
      const guilty = files.filter((file) =>
        key.test(readFileSync(join(file.parentPath, file.name), 'latin1')),
      );
      expect(guilty.map(({ name }) => name)).toEqual([]);
    },
  );
});

/** The lines of a PEM key that hold something private: the last one of an EC key is only its public half. */
function privateLines(pem: string): readonly string[] {
  const lines = pem.split('\n').filter((line) => /^[\w+/=]{40,}$/.test(line));
  return createPrivateKey(pem).asymmetricKeyType === 'ec' ? lines.slice(0, 2) : lines;
}
