/** A parsed element: `raw` is all of its bytes, `content` the bytes after its length. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  readonly raw: Buffer;
}

/** The bytes are not valid DER. Stays inside x509; callers turn it into a problem. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** The one element that `bytes` consists of. Throws DerError on anything else, trailing bytes too. */
export function readElement(bytes: Buffer): DerElement {
  const found = elementAt(bytes, 0);
  if (found.raw.length !== bytes.length) throw new DerError('trailing bytes');
  return found;
}

/** The elements inside a constructed element, in order. Throws DerError. */
export function readChildren(parent: DerElement): DerElement[] {
  const children: DerElement[] = [];
  for (let at = 0; at < parent.content.length;) {
    const child = elementAt(parent.content, at);
    children.push(child);
    at += child.raw.length;
  }
  return children;
}

function elementAt(bytes: Buffer, at: number): DerElement {
  const tag = bytes[at];
  if (tag === undefined) throw new DerError('cut off');
  if ((tag & 0x1f) === 0x1f) throw new DerError('long tags are not used in X.509');
  const { start, size } = lengthAt(bytes, at + 1);
  if (start + size > bytes.length) throw new DerError('cut off');
  return {
    tag,
    content: bytes.subarray(start, start + size),
    raw: bytes.subarray(at, start + size),
  };
}

/** Where the content starts, and its size; only the definite, shortest form is DER. */
function lengthAt(bytes: Buffer, at: number): { readonly start: number; readonly size: number } {
  const first = bytes[at];
  if (first === undefined) throw new DerError('cut off');
  if (first < 0x80) return { start: at + 1, size: first };
  const count = first & 0x7f;
  const start = at + 1 + count;
  if (count === 0 || count > 3) throw new DerError('length not supported');
  if (start > bytes.length) throw new DerError('cut off');
  const size = bytes.readUIntBE(at + 1, count);
  const shortest = count === 1 ? 0x80 : 1 << (8 * (count - 1));
  if (size < shortest) throw new DerError('length not in its shortest form');
  return { start, size };
}

/** The dotted form of an OBJECT IDENTIFIER element. */
export function readOid(of: DerElement): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of of.content) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const first = arcs.shift() ?? 0;
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - top * 40, ...arcs].join('.');
}

/** The bits that are set in a BIT STRING of named bits. */
export function readNamedBits(of: DerElement): Set<number> {
  const bits = new Set<number>();
  of.content.subarray(1).forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if ((byte & (0x80 >> bit)) !== 0) bits.add(at * 8 + bit);
  });
  return bits;
}

/** Milliseconds since the epoch of a UTCTime or GeneralizedTime in RFC 5280's form. Throws DerError. */
export function readTime(of: DerElement): number {
  const text = of.content.toString('latin1');
  const digits = of.tag === 0x17 ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const milliseconds = Date.parse(iso);
  if ((of.tag !== 0x17 && of.tag !== 0x18) || iso === digits || Number.isNaN(milliseconds))
    throw new DerError('not a time');
  return milliseconds;
}
