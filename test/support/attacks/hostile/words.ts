export const serverName = 'weft-control-plane.weft-system.svc';

/** How the victim fares. */
export interface Figures {
  readonly rss: number;
  /** Milliseconds of the server's own work in each turn of ten milliseconds or more. */
  readonly turns: readonly number[];
}

/** Where the victim serves. */
export interface Place {
  readonly ca: string;
  readonly port: number;
  readonly replicaPort: number;
}

export type VictimSays = Place | { readonly figures: Figures };

/** The instructions for the attackers: which kind of client, and how many of each. */
export interface Orders {
  readonly place: Place;
  readonly kinds: readonly string[];
  readonly each: number;
}
