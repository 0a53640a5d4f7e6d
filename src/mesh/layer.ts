import type { Diagnostic } from '../policy/diagnostic.ts';
import { type Remembered, remember, sameItems, share, shareMap } from '../common/remember.ts';

/** The result for one object: perhaps a part of the model, and what is wrong with the object. */
export interface Compiled {
  readonly diagnostics: readonly Diagnostic[];
}

/** One object to compile: `inputs` are all that `make` looks at. */
export interface LayerItem<T> {
  readonly name: string;
  readonly inputs: readonly unknown[];
  readonly make: () => T;
}

/** Everything of one kind in one namespace, compiled object by object. */
export interface Layer<T extends Compiled, K, V> {
  readonly inputs: readonly unknown[];
  readonly items: ReadonlyMap<string, Remembered<T>>;
  readonly result: ReadonlyMap<K, V>;
  readonly diagnostics: readonly Diagnostic[];
}

export interface LayerPlan<T extends Compiled, K, V> {
  /** All inputs of the items. While these are the very same objects, the layer is, too. */
  readonly inputs: readonly unknown[];
  readonly items: () => readonly LayerItem<T>[];
  /** The results of all items, with the names of these in the same order. */
  readonly collect: (values: readonly T[], names: readonly string[]) => ReadonlyMap<K, V>;
}

/** The layer that `plan` describes; everything in it that equals the one before is the very same object. */
export function compileLayer<T extends Compiled, K, V>(
  before: Layer<T, K, V> | undefined,
  plan: LayerPlan<T, K, V>,
): Layer<T, K, V> {
  if (before !== undefined && sameItems(before.inputs, plan.inputs)) return before;
  const items = new Map<string, Remembered<T>>();
  for (const { name, inputs, make } of plan.items()) {
    items.set(name, remember(before?.items.get(name), inputs, make));
  }
  const values = [...items.values()].map((item) => item.value);
  return {
    inputs: plan.inputs,
    items,
    result: shareMap(before?.result, plan.collect(values, [...items.keys()])),
    diagnostics: share(
      before?.diagnostics,
      values.flatMap((value) => value.diagnostics),
    ),
  };
}
