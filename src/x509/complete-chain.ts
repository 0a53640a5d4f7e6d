import type { Certificate } from './certificate.ts';

/** A certificate and its issuers in order, without the root; `root` is undefined where no root was found. */
export interface CompletedChain {
  readonly chain: readonly Certificate[];
  readonly root: Certificate | undefined;
}

/**
 * Orders the certificates of an issuer's answer so that each certificate is verifiably signed by the next, up to a
 * self-signed root. Of several paths, takes the first to a root that `wanted` accepts, else the first to any root, else
 * the first.
 */
export function completeChain(
  first: Certificate,
  others: readonly Certificate[],
  wanted: (root: Certificate) => boolean = () => true,
): CompletedChain {
  const seen = new Set<Certificate>();
  const found: CompletedChain[] = [];
  const climb = (last: Certificate, below: readonly Certificate[]): CompletedChain | undefined => {
    seen.add(last);
    if (isSignedBy(last, last)) {
      const whole = { chain: below, root: last };
      found.push(whole);
      return wanted(last) ? whole : undefined;
    }
    const chain = [...below, last];
    for (const next of others) {
      if (seen.has(next) || !isSignedBy(last, next)) continue;
      const whole = climb(next, chain);
      if (whole !== undefined) return whole;
    }
    found.push({ chain, root: undefined });
    return undefined;
  };
  const whole = climb(first, []) ?? found.find(({ root }) => root !== undefined) ?? found[0];
  return whole ?? { chain: [first], root: undefined };
}

/** Whether `parent` signed `child`, by name and by signature. */
export function isSignedBy(child: Certificate, parent: Certificate): boolean {
  return parent.subject.equals(child.issuer) && child.signedWith(parent.publicKey);
}
