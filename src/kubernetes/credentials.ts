/** What a TLS connection to the API server needs, PEM. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Proof of this client's identity, good for one request or a few. Never log it. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsIdentity;
}

/** Where the API server is, and the current proof of this client's identity. */
export interface Credentials {
  /** URL of the API server, no slash at its end. */
  readonly server: string;
  /** URL of an HTTP proxy on the way there. */
  readonly proxy: string | undefined;
  /** The namespace that this process runs in, or the one that the kubeconfig's context names. */
  readonly namespace: string | undefined;
  /** Read again from its source when `fresh`, or when older than half a minute. */
  access(fresh: boolean): Promise<Access>;
}

const keepMs = 30_000;

/** Keeps the result of `read` for half a minute, so that renewed tokens and certificates are found in time. */
export function keptAccess(
  read: () => Promise<Access>,
  now: () => number,
): (fresh: boolean) => Promise<Access> {
  let kept: { readonly access: Promise<Access>; readonly at: number } | undefined;
  return (fresh) => {
    const age = kept === undefined ? Infinity : now() - kept.at;
    if (kept !== undefined && !fresh && age >= 0 && age < keepMs) return kept.access;
    const access = read();
    const entry = { access, at: now() };
    kept = entry;
    access.catch(() => {
      if (kept === entry) kept = undefined;
    });
    return access;
  };
}
