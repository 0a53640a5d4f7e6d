import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';

/** Packs a message, given as its plain fields, for an extension point of Envoy. */
export function any<D extends DescMessage>(schema: D, fields?: MessageInitShape<D>): Any {
  return anyPack(schema, create(schema, fields));
}
