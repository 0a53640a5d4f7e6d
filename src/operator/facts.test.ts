import { describe, expect, it } from '@jest/globals';
import { makeRoot } from '../../test/support/certificates/make-authority.ts';
import type { ConfigMap } from '../api/core.ts';
import { makeFinding, makeReport } from '../../test/support/builders/make-report.ts';
import { formatMeshReport } from '../api/mesh-report.ts';
import { type DeploymentObject, readBundle, readProxies, readRollout } from './facts.ts';

function configMap(data: Readonly<Record<string, string>>): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data };
}

describe('readBundle', () => {
  const notAfter = Date.parse('2030-01-01T00:00:00Z');
  const root = makeRoot({ notAfter });
  const older = makeRoot({ notAfter: notAfter - 86_400_000 });

  it('is absent without the ConfigMap or its key', () => {
    expect(readBundle(undefined)).toEqual({ kind: 'absent' });
    expect(readBundle(configMap({}))).toEqual({ kind: 'absent' });
  });

  it('ends with the last of its roots', () => {
    const text = `older\n${older.certificate.pem}\nnewer\n${root.certificate.pem}`;
    expect(readBundle(configMap({ 'ca.crt': text }))).toMatchObject({ kind: 'valid', notAfter });
  });

  it('is handed on without text that is no certificate', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
    const bundle = readBundle(configMap({ 'ca.crt': key + root.certificate.pem }));
    expect(bundle).toMatchObject({ kind: 'valid' });
    expect(JSON.stringify(bundle)).not.toContain('PRIVATE');
  });

  it.each([
    ['nothing', ''],
    ['no certificate', 'hello'],
    ['a broken one', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('is invalid with %s in it', (_, text) => {
    expect(readBundle(configMap({ 'ca.crt': text }))).toMatchObject({ kind: 'invalid' });
  });
});

describe('readProxies', () => {
  it('reads three counts', () => {
    const counts = { connected: '42', synced: '41', rejected: '1' };
    const rest = { expected: 42, starting: 0, leftOut: 0, findings: [] };
    expect(readProxies(configMap(counts))).toEqual({
      ...{ connected: 42, synced: 41, rejected: 1 },
      ...rest,
    });
  });

  it('reads a report, and nothing of an invalid report', () => {
    const report = makeReport({ findings: [makeFinding('sidecar-stuck', 7)] });
    const text = formatMeshReport(report);
    expect(readProxies(configMap({ 'report.json': text }))).toEqual(report);
    for (const wrong of ['{', '7', text.replace('sidecar-stuck', 'other'), text.replace('7', '-7')])
      expect(readProxies(configMap({ 'report.json': wrong }))).toBeUndefined();
  });

  it.each<Readonly<Record<string, string>>>([
    {},
    { connected: '1', synced: '1' },
    { connected: '-1', synced: '0', rejected: '0' },
    { connected: 'many', synced: '0', rejected: '0' },
  ])('believes nothing of %j', (data) => {
    expect(readProxies(configMap(data))).toBeUndefined();
  });
});

describe('readRollout', () => {
  const whole = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

  function rollout(status: DeploymentObject['status']): ReturnType<typeof readRollout> {
    return readRollout({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', generation: 3 },
      spec: { replicas: 2 },
      ...(status === undefined ? {} : { status }),
    });
  }

  it('is settled when all replicas of the newest declaration are available', () => {
    expect(rollout(whole)).toEqual({ wanted: 2, available: 2, settled: true, stuck: undefined });
  });

  it.each<readonly [string, DeploymentObject['status']]>([
    ['nothing is known', undefined],
    ['the declaration was not seen yet', { ...whole, observedGeneration: 2 }],
    ['an old replica is still there', { ...whole, replicas: 3 }],
    ['one is not available', { ...whole, availableReplicas: 1 }],
  ])('is not settled when %s', (_, status) => {
    expect(rollout(status).settled).toBe(false);
  });

  it('has the words of Kubernetes when it gave up', () => {
    const failure = { status: 'False', reason: 'ProgressDeadlineExceeded', message: 'timed out' };
    const conditions = [{ type: 'Progressing', ...failure }];
    expect(rollout({ ...whole, conditions }).stuck).toBe('timed out');
    const quota = { type: 'ReplicaFailure', status: 'True', message: 'quota' };
    expect(rollout({ ...whole, conditions: [quota] }).stuck).toBe('quota');
  });
});
