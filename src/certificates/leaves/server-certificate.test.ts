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
    const stopListening = certificate.onChange(() => changes++);
    const end = new AbortController();
    expect(certificate.current()).toBeUndefined();
    const ended = certificate.run(end.signal);

    const first = await certificate.ready(end.signal);
    expect(certificate.current()).toBe(first);
    expect(certificatesFrom(first.certChainPem)[0]!.altNames.dnsNames).toEqual(dnsNames);
    expect(first.caPem).toBe(issuer.authority()!.bundle.pem);
    expect(changes).toBe(1);

    await clock.advance(17 * hourMs);
    const second = certificate.current()!;
    expect(second.keyPem.reveal()).not.toBe(first.keyPem.reveal());
    expect(changes).toBe(2);

    await issuer.replaceRoot();
    await clock.advance(5_000);
    expect(certificate.current()!.caPem).not.toBe(second.caPem);
    expect(certificate.current()!.certChainPem).not.toBe(second.certChainPem);

    dnsNames = ['other.weft-system.svc'];
    await clock.advance(20_000);
    const [leaf] = certificatesFrom(certificate.current()!.certChainPem);
    expect(leaf!.altNames.dnsNames).toEqual(dnsNames);
    expect(certificate.health()).toMatchObject({ held: 1, failure: undefined });

    stopListening();
    end.abort();
    await ended;
    expect(clock.sleeping).toBe(0);
  });

  it('tells only when there is something new to serve', async () => {
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
    certificate.onChange(() => served.push(certificate.current()));
    const end = new AbortController();
    const ended = certificate.run(end.signal);
    await clock.advance(1_000);
    await issuer.replaceRoot();
    await clock.advance(1_000);
    expect(served).toEqual([certificate.current()]);
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
    const ready = certificate.ready(end.signal);
    await clock.advance(hourMs);
    end.abort(new Error('enough'));
    await expect(ready).rejects.toThrow('enough');
    await ended;
  });
});
