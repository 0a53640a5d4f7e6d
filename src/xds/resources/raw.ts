// Some messages occur by the thousand and differ only in a name. They are joined from bytes, because the library's own
// encoding takes a hundred times as long. Each field number stands where it is written; raw.test.ts compares the result
// with the library's.

const lengthDelimited = 2;

/** A field of that number, a message or text; its parts are concatenated, as protobuf allows. */
export function field(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return joined([opening(number, sizeOf(parts)), ...parts]);
}

/** The bytes before the content of a field of that length. */
export function opening(number: number, length: number): Uint8Array {
  const bytes: number[] = [];
  putVarint(bytes, number * 8 + lengthDelimited);
  putVarint(bytes, length);
  return Uint8Array.from(bytes);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

function sizeOf(parts: readonly Uint8Array[]): number {
  let size = 0;
  for (const part of parts) size += part.length;
  return size;
}

/** A whole number below 2^31: seven bits a byte. */
function putVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
}
