import { firstValue } from '../../common/topic.ts';
import { describe, expect, it } from '@jest/globals';
import { certificatesFrom } from '../../../test/support/certificates/make-authority.ts';
import { FakeClock } from '../../../test/support/time/fake-clock.ts';
import { FakeIssuer } from '../../../test/support/issuers/fake-issuer.ts';
import { silentLogger } from '../../common/logger.ts';
import { createServerCertificate } from './server-certificate.ts';

const hourMs = 3_600_000;
const now = Date.UTC(2026, 0, 1);

const server = { kind: 'server', trustDomain: 'cluster.local', namespace: 'weft-system' } as const;

describe('a server certificate', () => {
  it('names the server, renews itself, and follows the root', async () => {
    const clock = new FakeClock(now);
    const issuer = await FakeIssuer.ready(clock);
    let dnsNames = ['weft-control-plane.weft-system.svc'];
    const certificate = createServerCertificate({
      issuer,
      clock,
      random: () => 0.5,
      logger: silentLogger,
      subject: () => ({ ...server, dnsNames }),
    });
    let changes = 0;
    const stopListening = certificate.follow(() => changes++);
    const end = new AbortController();
    expect(certificate.value).toBeUndefined();
    const ended = certificate.run(end.signal);

    const first = await firstValue(certificate, end.signal);
    expect(certificate.value).toBe(first);
    expect(certificatesFrom(first.certChainPem)[0]!.altNames.dnsNames).toEqual(dnsNames);
    expect(first.caPem).toBe(issuer.authority()!.bundle.pem);
    expect(changes).toBe(1);

    await clock.advance(17 * hourMs);
    const second = certificate.value!;
    expect(second.keyPem.reveal()).not.toBe(first.keyPem.reveal());
    expect(changes).toBe(2);

    await issuer.replaceRoot();
    await clock.advance(5_000);
    expect(certificate.value!.caPem).not.toBe(second.caPem);
    expect(certificate.value!.certChainPem).not.toBe(second.certChainPem);

    dnsNames = ['other.weft-system.svc'];
    await clock.advance(20_000);
    const [leaf] = certificatesFrom(certificate.value!.certChainPem);
    expect(leaf!.altNames.dnsNames).toEqual(dnsNames);
    expect(certificate.health()).toMatchObject({ held: 1, failure: undefined });

    stopListening();
    end.abort();
    await ended;
    expect(clock.sleeping).toBe(0);
  });

  it('notifies only when there is a new certificate to serve', async () => {
    const clock = new FakeClock(now);
    const issuer = new FakeIssuer(clock);
    const certificate = createServerCertificate({
      issuer,
      clock,
      random: () => 0.5,
      logger: silentLogger,
      subject: () => ({ ...server, dnsNames: ['weft'] }),
    });
    const served: unknown[] = [];
    certificate.follow(() => served.push(certificate.value));
    const end = new AbortController();
    const ended = certificate.run(end.signal);
    await clock.advance(1_000);
    await issuer.replaceRoot();
    await clock.advance(1_000);
    expect(served).toEqual([certificate.value]);
    expect(served[0]).toBeDefined();
    end.abort();
    await ended;
  });

  it('is not ready before its signal aborts when there is no issuer', async () => {
    const clock = new FakeClock(now);
    const certificate = createServerCertificate({
      issuer: new FakeIssuer(clock),
      clock,
      random: () => 0.5,
      logger: silentLogger,
      subject: () => ({ ...server, dnsNames: ['weft'] }),
    });
    const end = new AbortController();
    const ended = certificate.run(end.signal);
    const ready = firstValue(certificate, end.signal);
    await clock.advance(hourMs);
    end.abort(new Error('enough'));
    await expect(ready).rejects.toThrow('enough');
    await ended;
  });
});
