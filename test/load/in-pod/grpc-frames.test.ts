import { expect, it } from '@jest/globals';
import { frame, frameReader } from './grpc-frames.ts';

it('reads messages however their bytes are cut', () => {
  const sent = ['one', '', 'three'];
  const bytes = Buffer.concat(sent.map(frame));
  for (let size = 1; size <= bytes.length; size += 1) {
    const read = frameReader();
    const got: string[] = [];
    for (let at = 0; at < bytes.length; at += size)
      got.push(...read(bytes.subarray(at, at + size)));
    expect(got).toEqual(sent);
  }
});
