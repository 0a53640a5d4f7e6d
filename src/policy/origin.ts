/**
 * The object, at one generation, that a piece of the model came from. It travels with every
 * resource made from it, so that an ACK is evidence about that object.
 */
export interface Origin {
  /** "TrafficTarget", "TrafficSplit", … */
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
}

/** `<kind>/<namespace>/<name>`: the object whatever its generation. */
export type OriginKey = string & { readonly brand: 'OriginKey' };

export function originKey(origin: Omit<Origin, 'generation'>): OriginKey {
  return `${origin.kind}/${origin.namespace}/${origin.name}` as OriginKey;
}
