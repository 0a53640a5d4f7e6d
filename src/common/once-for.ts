/**
 * `make`, with each result kept for as long as its argument lives: the very same argument gets the very same result.
 * Use it for arguments that never change.
 */
export function onceFor<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const made = new WeakMap<K, { readonly value: V }>();
  return (of) => {
    const known = made.get(of);
    if (known !== undefined) return known.value;
    const value = make(of);
    made.set(of, { value });
    return value;
  };
}

/** The same for two arguments together. */
export function onceForBoth<A extends object, B extends object, V>(
  make: (a: A, b: B) => V,
): (a: A, b: B) => V {
  const made = new WeakMap<A, WeakMap<B, { readonly value: V }>>();
  return (a, b) => {
    let ofA = made.get(a);
    if (ofA === undefined) made.set(a, (ofA = new WeakMap()));
    const known = ofA.get(b);
    if (known !== undefined) return known.value;
    const value = make(a, b);
    ofA.set(b, { value });
    return value;
  };
}
