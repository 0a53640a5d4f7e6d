import { afterAll, describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { systemClock, type Clock } from '../../../src/common/clock.ts';
import { issue, ready, trouble } from '../../support/issuers/ask-issuer.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { startOwnApiServer } from '../../support/api-server/own-api-server.ts';
import { intermediateSecret } from '../../support/issuers/start-issuer.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { startCertManager, type CertManager } from '../../../tools/real/cert-manager.ts';
import { makeCaIssuer, type CaIssuer } from '../../../tools/real/cert-manager-setup.ts';
import { certManagerRoot } from '../../support/issuers/cert-manager-root.ts';
import { requestsIn } from '../../support/issuers/certificate-requests.ts';
import { until } from '../../support/time/until.ts';

// The issuer of cert-manager where that comes, goes and changes its root: on an API server of its
// own, for another file's cert-manager would go on in its place.

const namespace = 'weft-system';
let manager: CertManager;
let ca: CaIssuer;

// Before the API server that it works on.
afterAll(() => manager.stop());
const cluster = ofFile(() => startOwnApiServer(namespace), 60_000);
const issuers = issuersOfFile(() => ({ namespace, api: cluster().api }));

const intermediate = { kind: kinds.secret, namespace, name: intermediateSecret };
const forgetIntermediate = (): Promise<void> =>
  cluster().api.remove(intermediate, {}, AbortSignal.timeout(5_000));

/** Until no request of the issuers is left. */
const untilNoneIsLeft = (): Promise<unknown> =>
  until(() => requestsIn(cluster().api, namespace), {
    holds: ({ length }) => length === 0,
    withinMs: 20_000,
  });

it('says that cert-manager is not installed, and goes on when it is', async () => {
  const one = await issuers.start(certManagerRoot('ca', 'leaf'), {
    times: { pollIntervalMs: 200 },
  });
  expect(await trouble(one)).toMatchObject({
    code: 'issuer-misconfigured',
    message: expect.stringMatching(/Issuer ca of cert-manager.io.*is cert-manager installed\?/),
  });
  manager = await startCertManager(cluster().server);
  ca = await makeCaIssuer(manager, { name: 'ca', namespace });
  await until(() => one.issuer.lastFailure() === undefined, { withinMs: 60_000 });
  expect(one.issuer.authority()?.bundle.roots).toHaveLength(1);
}, 120_000);

it('leaves no request behind, and removes those of a killed replica', async () => {
  const one = await ready(await issuers.start(certManagerRoot('ca', 'leaf')));
  await Promise.all(Array.from({ length: 12 }, () => issue(one)));
  await untilNoneIsLeft();

  const metadata = { name: 'left-over', namespace, labels: { 'weft.dev/requested-by': 'dead' } };
  const spec = { issuerRef: { ...ca.issuerRef, name: 'nobody' }, request: 'eA==', duration: '1h' };
  const left: KubernetesObject & { spec: object } = {
    ...{ apiVersion: 'cert-manager.io/v1', kind: 'CertificateRequest', metadata, spec },
  };
  await cluster().api.create(kinds.certificateRequest, left, AbortSignal.timeout(10_000));
  const later: Clock = {
    now: () => Date.now() + 20 * 60_000,
    sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 500), signal),
  };
  await issuers.start(certManagerRoot('ca', 'intermediate'), { clock: later });
  await untilNoneIsLeft();
}, 30_000);

describe('a cert-manager that goes', () => {
  it('leaves the last intermediate in use, is missed, and is found again', async () => {
    const middle = await ready(await issuers.start(certManagerRoot('ca', 'intermediate')));
    const leaf = await ready(
      await issuers.start(certManagerRoot('ca', 'leaf'), { times: { callMs: 1_000 } }),
    );
    await manager.stop();
    await expect(issue(leaf)).rejects.toMatchObject({
      code: 'issuer-unavailable',
      message: expect.stringContaining('not approved'),
    });
    expect(leaf.issuer.lastFailure()).toMatchObject({ code: 'issuer-unavailable' });
    await issue(middle);
    expect(middle.issuer.lastFailure()).toBeUndefined();
    manager = await startCertManager(cluster().server);
    await until(() => leaf.issuer.lastFailure() === undefined, { withinMs: 60_000 });
  }, 120_000);
});

describe('a recorded root', () => {
  it.each(['leaf', 'intermediate'] as const)(
    'stays in force in mode %s',
    async (mode) => {
      const name = `pinned-${mode}`;
      const issuer = await makeCaIssuer(manager, { name, namespace });
      const wishes = { pinnedRoots: issuer.certificate, times: { pollIntervalMs: 200 } };
      await forgetIntermediate();
      const one = await ready(await issuers.start(certManagerRoot(name, mode), wishes));
      const good = one.issuer.authority()!;
      await issuer.replace();
      const hasFailure = async (): Promise<boolean> => {
        if (mode === 'intermediate') await forgetIntermediate();
        return one.issuer.lastFailure() !== undefined;
      };
      await until(hasFailure, { withinMs: 20_000, pauseMs: 100 });
      expect(one.issuer.lastFailure()).toMatchObject({ code: 'root-changed' });
      expect(one.issuer.authority()!.bundle).toEqual(good.bundle);
    },
    60_000,
  );
});
