/** A pattern on its way from start to end. What fails first is remembered, and ends the way. */
export class RegexScanner {
  readonly #points: readonly string[];
  #at = 0;
  #problem: string | undefined;
  readonly #names = new Set<string>();

  constructor(pattern: string) {
    this.#points = Array.from(pattern);
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  get done(): boolean {
    return this.#at >= this.#points.length;
  }

  /** The character here, or some places further; "" at the end. */
  peek(further = 0): string {
    return this.#points[this.#at + further] ?? '';
  }

  /** Takes one character; "" at the end. */
  next(): string {
    const point = this.peek();
    this.#at += 1;
    return point;
  }

  /** Takes `text` if it stands here. */
  take(text: string): boolean {
    const length = text.length;
    if (this.#points.slice(this.#at, this.#at + length).join('') !== text) return false;
    this.#at += length;
    return true;
  }

  /** Takes characters as long as they are among `allowed`. */
  takeWhile(allowed: (point: string) => boolean): string {
    const start = this.#at;
    while (!this.done && allowed(this.peek())) this.#at += 1;
    return this.#points.slice(start, this.#at).join('');
  }

  /** Takes everything up to `end` and `end` itself; undefined, and nothing is taken, when it never comes. */
  takeUntil(end: string): string | undefined {
    const rest = this.#points.slice(this.#at).join('');
    const found = rest.indexOf(end);
    if (found < 0) return undefined;
    const taken = rest.slice(0, found);
    this.#at += Array.from(taken).length + end.length;
    return taken;
  }

  /** Where the scanner is, to come back to. */
  mark(): number {
    return this.#at;
  }

  backTo(mark: number): void {
    this.#at = mark;
  }

  /** False when a group of that name was there before. */
  nameGroup(name: string): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    return true;
  }

  fail(problem: string): void {
    this.#problem ??= problem;
    this.#at = this.#points.length;
  }
}

export function isDigit(point: string): boolean {
  return point >= '0' && point <= '9' && point.length === 1;
}

export function isOctal(point: string): boolean {
  return point >= '0' && point <= '7' && point.length === 1;
}

export function isHex(point: string): boolean {
  return isDigit(point) || (point.length === 1 && 'abcdefABCDEF'.includes(point));
}

export function isWord(point: string): boolean {
  return /^[A-Za-z0-9_]$/.test(point);
}
