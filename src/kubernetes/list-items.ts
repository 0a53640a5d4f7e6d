// Input: the bytes of a list as the API server sends it. Output: its items, each parsed as soon as its bytes are there,
// and then the rest of the list. Rule: at most one item of a page is in memory at a time, however big the others are.
// The bytes must be JSON; if not, JSON.parse throws.

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const [openList, closeList, openMap, closeMap] = [0x5b, 0x5d, 0x7b, 0x7d] as const;
/** Items are members of a list that is a member of the list object. */
const itemDepth = 2;

/** Cuts the items out of a Kubernetes list, whose only list at the top level is `items`. */
export class ItemSplitter {
  readonly #onItem: (item: unknown) => void;
  readonly #rest: Uint8Array[] = [];
  #item: Uint8Array[] = [];
  /** Where in the chunk the bytes begin that were not kept yet. */
  #from = 0;
  #depth = 0;
  #inItems = false;
  #inText = false;
  #escaped = false;

  constructor(onItem: (item: unknown) => void) {
    this.#onItem = onItem;
  }

  push(chunk: Uint8Array): void {
    this.#from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#isText(byte)) continue;
      if (byte === openMap || byte === openList) this.#open(byte, chunk, at);
      else if (byte === closeMap || byte === closeList) this.#close(chunk, at);
      else if (byte === comma && this.#isBetweenItems()) {
        this.#cut(chunk, at);
        this.#from = at + 1;
      }
    }
    if (this.#from < chunk.length) this.#keep(chunk.subarray(this.#from));
  }

  /** The list without its items. Throws when it is no JSON. */
  end(): unknown {
    return JSON.parse(Buffer.concat(this.#rest).toString('utf8'));
  }

  /** Whether the byte is within a text, or a quote of one. */
  #isText(byte: number | undefined): boolean {
    if (!this.#inText) return (this.#inText = byte === quote);
    if (this.#escaped) this.#escaped = false;
    else if (byte === backslash) this.#escaped = true;
    else if (byte === quote) this.#inText = false;
    return true;
  }

  #open(byte: number, chunk: Uint8Array, at: number): void {
    if (this.#isBetweenItems()) this.#cut(chunk, at);
    if (byte === openList && this.#depth === 1) this.#inItems = true;
    this.#depth += 1;
  }

  #close(chunk: Uint8Array, at: number): void {
    this.#depth -= 1;
    if (this.#depth === 1) this.#inItems = false;
    if (this.#isBetweenItems()) this.#endItem(chunk, at + 1);
  }

  #isBetweenItems(): boolean {
    return this.#inItems && this.#depth === itemDepth;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#inItems && this.#depth > itemDepth) this.#item.push(bytes);
    else this.#rest.push(bytes);
  }

  /** Keeps the bytes up to `to` as part of the rest: between two items there is nothing else of interest. */
  #cut(chunk: Uint8Array, to: number): void {
    if (to > this.#from) this.#rest.push(chunk.subarray(this.#from, to));
    this.#from = to;
  }

  #endItem(chunk: Uint8Array, to: number): void {
    const bytes = Buffer.concat([...this.#item, chunk.subarray(this.#from, to)]);
    this.#item = [];
    this.#from = to;
    this.#onItem(JSON.parse(bytes.toString('utf8')));
  }
}
