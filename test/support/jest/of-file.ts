import { afterAll, beforeAll } from '@jest/globals';

/**
 * What the tests of a file, or of the describe block that this is called in, run on: started before
 * the first of them and stopped after the last. `limitMs` is for the start, else it is the file's limit.
 */
export function ofFile<Part extends { readonly stop: () => Promise<void> }>(
  start: () => Promise<Part>,
  limitMs?: number,
): () => Part {
  let part: Part | undefined;
  beforeAll(async () => {
    part = await start();
  }, limitMs);
  afterAll(() => part?.stop());
  return () => {
    if (part === undefined) throw new Error('it is there from the first test on, not before');
    return part;
  };
}
