import type { Secret } from '../../common/secret.ts';
import type { Followed } from '../../common/topic.ts';
import type { Issuer, LeafSubject } from '../issuer.ts';
import { Rotator, type LeafHealth, type RotatorOptions } from './rotator.ts';
import { defaultValidityMs } from './validity.ts';
import type { KeyKind } from '../../x509/key-pair.ts';

export interface ServerCertificateOptions extends Omit<RotatorOptions<'server'>, 'requestFor'> {
  /** The server's names; read at each issue. */
  readonly subject: () => LeafSubject;
  /** Read at each issue; default 24 h. */
  readonly validity?: () => number;
  /** Read at each issue; default P-256. */
  readonly keyKind?: () => KeyKind;
}

/** What a TLS server and its clients need. */
export interface ServerIdentity {
  readonly certChainPem: string;
  readonly keyPem: Secret<string>;
  /** The roots that clients verify this server with, as in a CA ConfigMap or a caBundle. */
  readonly caPem: string;
  /** The signer, as in Leaf. */
  readonly signer: string;
}

/** The certificate of one of Weft's own servers, which renews itself. */
export interface ServerCertificate extends Followed<ServerIdentity | undefined> {
  /** Undefined until the first certificate is issued. The same object until something in it changes. */
  readonly value: ServerIdentity | undefined;
  /** Checks the certificate now: call it when its names changed. */
  review(): void;
  /** Issues and renews until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  health(): LeafHealth;
}

/** Issues nothing until it runs. */
export function createServerCertificate(options: ServerCertificateOptions): ServerCertificate {
  const { subject, issuer, ...others } = options;
  const { validity = () => defaultValidityMs, keyKind = () => 'P-256', ...rest } = others;
  const rotator = new Rotator<'server'>({
    ...rest,
    issuer,
    requestFor: () => ({
      subject: subject(),
      validityMs: validity(),
      keyKind: keyKind(),
    }),
  });
  const current = identityOf(rotator, issuer);
  const follow = (callback: () => void): (() => void) => {
    let reported = current();
    const compare = (): void => {
      const now = current();
      if (now === reported) return;
      reported = now;
      callback();
    };
    const stops = [rotator.onChange(compare), issuer.onChange(compare)];
    return () => stops.forEach((stop) => stop());
  };
  return {
    get value() {
      return current();
    },
    follow,
    review: () => rotator.review(),
    run: (signal) => {
      current();
      return rotator.run(signal);
    },
    health: () => rotator.health(),
  };
}

/** What the server has now: the same object until something in it changes. */
function identityOf(rotator: Rotator<'server'>, issuer: Issuer): () => ServerIdentity | undefined {
  let last: ServerIdentity | undefined;
  return () => {
    const leaf = rotator.leafOf('server');
    const bundle = issuer.authority()?.bundle;
    if (leaf === undefined || bundle === undefined) return undefined;
    if (last?.keyPem !== leaf.privateKey || last.caPem !== bundle.pem)
      last = {
        certChainPem: leaf.certificateChain,
        keyPem: leaf.privateKey,
        caPem: bundle.pem,
        signer: leaf.signer,
      };
    return last;
  };
}
