/** What a TLS connection to the API server needs, PEM. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Proof of who we are, good for one request or a few. Never log it. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsIdentity;
}

/** Where the API server is, and the current proof of who we are. */
export interface Credentials {
  /** URL of the API server, no slash at its end. */
  readonly server: string;
  /** URL of an HTTP proxy on the way there. */
  readonly proxy: string | undefined;
  /** The namespace we run in, or the kubeconfig's context names. */
  readonly namespace: string | undefined;
  /** Read again from its source when `fresh`, or when older than half a minute. */
  access(fresh: boolean): Promise<Access>;
}

const keepMs = 30_000;

/** Keeps what `read` gave for half a minute, so that renewed tokens and certificates are found in time. */
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
