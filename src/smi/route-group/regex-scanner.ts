/** Reads a pattern from start to end. Remembers the first failure, which ends the scan. */
export class RegexScanner {
  readonly #points: readonly string[];
  #at = 0;
  #problem: string | undefined;
  readonly #names = new Set<string>();
  /**
   * Terminators that were searched for and not found. The scanner only moves forward, so they are not searched for
   * again, which keeps the scan linear.
   */
  readonly #absent = new Set<string>();

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
    if (!this.#stands(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Takes characters as long as they are among `allowed`. */
  takeWhile(allowed: (point: string) => boolean): string {
    const start = this.#at;
    while (!this.done && allowed(this.peek())) this.#at += 1;
    return this.#points.slice(start, this.#at).join('');
  }

  /** Takes everything up to and including `end`; takes nothing and returns undefined when the pattern has no `end`. */
  takeUntil(end: string): string | undefined {
    if (this.#absent.has(end)) return undefined;
    const start = this.#at;
    for (let at = start; at < this.#points.length; at++) {
      if (!this.#stands(end, at)) continue;
      this.#at = at + end.length;
      return this.#points.slice(start, at).join('');
    }
    this.#absent.add(end);
    return undefined;
  }

  #stands(text: string, at: number): boolean {
    for (let i = 0; i < text.length; i++) if (this.#points[at + i] !== text[i]) return false;
    return true;
  }

  /** The scanner's position, for a later return to it. */
  mark(): number {
    return this.#at;
  }

  backTo(mark: number): void {
    this.#at = mark;
  }

  /** Records the name of a group; false when an earlier group has it. */
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
