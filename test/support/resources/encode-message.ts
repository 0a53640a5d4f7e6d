import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A protobuf message of length-delimited fields only. */
export function encodeMessage(
  fields: readonly (readonly [field: number, value: string | Uint8Array])[],
): Uint8Array {
  const writer = new BinaryWriter();
  for (const [field, value] of fields) {
    writer.tag(field, WireType.LengthDelimited);
    if (typeof value === 'string') writer.string(value);
    else writer.bytes(value);
  }
  return writer.finish();
}
