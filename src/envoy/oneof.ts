/**
 * One alternative of a protobuf oneof. For oneofs that also have deprecated alternatives: in a plain
 * literal the linter cannot tell which of them `value` belongs to.
 */
export function oneof<C extends string, V>(name: C, value: V): { case: C; value: V } {
  return { case: name, value };
}
