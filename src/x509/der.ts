// The part of DER (ITU-T X.690) that certificates are written in. Each function returns one whole
// element: tag, length, content (docs/decisions/0050).

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nullValue: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element of any tag; `parts` are joined into its content. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  let size = 0;
  for (const part of parts) size += part.length;
  return Buffer.concat([header(tag, size), ...parts]);
}

function header(tag: number, size: number): Uint8Array {
  if (size < 0x80) return Uint8Array.of(tag, size);
  if (size < 0x100) return Uint8Array.of(tag, 0x81, size);
  if (size < 0x10000) return Uint8Array.of(tag, 0x82, size >> 8, size & 0xff);
  return Uint8Array.of(tag, 0x83, size >> 16, (size >> 8) & 0xff, size & 0xff);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(tags.sequence, ...parts);
}

/** A SET OF; the caller gives the parts in DER's order. */
export function set(...parts: readonly Uint8Array[]): Buffer {
  return element(tags.set, ...parts);
}

/** BOOLEAN TRUE. FALSE is always a default in X.509, so DER leaves it out. */
export function booleanTrue(): Buffer {
  return element(tags.boolean, Uint8Array.of(0xff));
}

/** A non-negative INTEGER from its big-endian bytes, in the shortest form. */
export function integer(magnitude: Uint8Array): Buffer {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const shortest = magnitude.subarray(start);
  const first = shortest[0] ?? 0;
  return first >= 0x80 || shortest.length === 0
    ? element(tags.integer, Uint8Array.of(0), shortest)
    : element(tags.integer, shortest);
}

export function octetString(content: Uint8Array): Buffer {
  return element(tags.octetString, content);
}

/** A BIT STRING whose last `unused` bits do not count. */
export function bitString(content: Uint8Array, unused = 0): Buffer {
  return element(tags.bitString, Uint8Array.of(unused), content);
}

/** A BIT STRING of named bits, by number; DER leaves trailing zero bits out (X.690 §11.2.2). */
export function namedBits(bits: readonly number[]): Buffer {
  const last = Math.max(...bits, -1);
  const bytes = new Uint8Array(Math.floor(last / 8) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return bitString(bytes, last < 0 ? 0 : 7 - (last & 7));
}

export function nullValue(): Buffer {
  return element(tags.nullValue);
}

export function utf8String(text: string): Buffer {
  return element(tags.utf8String, Buffer.from(text, 'utf8'));
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(tags.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const bytes = [arc & 0x7f];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

/** [n] EXPLICIT: constructed, context-specific. */
export function explicit(n: number, ...parts: readonly Uint8Array[]): Buffer {
  return element(0xa0 | n, ...parts);
}

/** [n] IMPLICIT over a primitive: context-specific. */
export function implicit(n: number, content: Uint8Array): Buffer {
  return element(0x80 | n, content);
}

/** Time of RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on. Whole seconds, cut. */
export function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '');
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050
    ? element(tags.utcTime, Buffer.from(`${digits.slice(2)}Z`, 'latin1'))
    : element(tags.generalizedTime, Buffer.from(`${digits}Z`, 'latin1'));
}
