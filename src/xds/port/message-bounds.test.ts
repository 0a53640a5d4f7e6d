import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MessageBounds } from './message-bounds.ts';

function framed(length: number): Buffer {
  const frame = Buffer.alloc(5 + length, 7);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(length, 1);
  return frame;
}

/** Cuts bytes at these places. */
function piecesOf(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  const sorted = places.toSorted((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

it('passes so many messages at a time, however they come in pieces', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 40 });
  const cuts = fc.array(fc.nat(), { maxLength: 12 });
  fc.assert(
    fc.property(lengths, cuts, fc.integer({ min: 1, max: 5 }), (all, places, most) => {
      const frames = all.map(framed);
      const bounds = new MessageBounds();
      const ends = new Set<number>();
      let passed = 0;
      for (const piece of piecesOf(Buffer.concat(frames), places))
        for (let at = 0; at < piece.length;) {
          const length = bounds.pass(piece.subarray(at), most);
          expect(length).toBeGreaterThan(0);
          at += length;
          passed += length;
          if (at < piece.length) ends.add(passed);
        }
      const known = new Set(frames.map((_, index) => endOf(frames, index)));
      for (const end of ends) expect(known).toContain(end);
      expect(passed).toBe(endOf(frames, frames.length - 1));
    }),
  );
});

function endOf(frames: readonly Buffer[], index: number): number {
  return frames.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0);
}

it('counts the messages that end, not the messages that begin', () => {
  const bounds = new MessageBounds();
  const two = Buffer.concat([framed(3), framed(4), framed(0)]);
  expect(bounds.pass(two.subarray(0, 10), 2)).toBe(10);
  expect(bounds.pass(two.subarray(10), 1)).toBe(7);
  expect(bounds.pass(two.subarray(17), 1)).toBe(5);
});
