/** The kinds of traffic: new connections and old ones, short exchanges and streams. */
export const loadKinds = [
  'http1',
  'http1-new',
  'grpc-unary',
  'grpc-stream',
  'tcp-new',
  'tcp-stream',
] as const;
export type LoadKind = (typeof loadKinds)[number];

/** What a client sends, and the servers it sends it to. */
export interface LoadPlan {
  /** The server's host name. */
  readonly host: string;
  readonly ports: EchoPorts;
  /** Exchanges a second of each kind. */
  readonly rates: Readonly<Record<LoadKind, number>>;
  /** An exchange that takes longer has failed. */
  readonly timeoutMs: number;
  /** Ends after this time; 0: goes on until it gets a signal. */
  readonly seconds: number;
  /** How long every kind may take until it works for the first time; one minute by default. */
  readonly warmUpMs?: number;
}

/** Where a server listens, by protocol. */
export interface EchoPorts {
  readonly http: number;
  readonly grpc: number;
  readonly tcp: number;
}

/** The ports of the server's pods and of its Service. */
export const podPorts: EchoPorts = { http: 8080, grpc: 9090, tcp: 9000 };

/** How much of the whole each kind is, in hundredths. */
const shares: Readonly<Record<LoadKind, number>> = {
  http1: 36,
  'http1-new': 16,
  'grpc-unary': 20,
  'grpc-stream': 16,
  'tcp-new': 6,
  'tcp-stream': 6,
};

/** So many exchanges a second in all, divided over the kinds. */
export function ratesFor(total: number): Readonly<Record<LoadKind, number>> {
  const entries = loadKinds.map((kind) => [kind, (total * shares[kind]) / 100] as const);
  return Object.fromEntries(entries) as Record<LoadKind, number>;
}
