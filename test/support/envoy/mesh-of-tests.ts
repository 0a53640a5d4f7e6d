import { afterAll, beforeAll, expect } from '@jest/globals';
import type { BeginTalk } from './ads.ts';
import { startMesh, type TestMesh } from './pod.ts';

/**
 * The mesh of a file's tests, or of the describe block that this is called in: started before the first of them,
 * stopped after the last. Fails if a proxy refused what it was given. `begin` as for `startMesh`.
 */
export function meshOfTests(begin?: BeginTalk): () => TestMesh {
  let mesh: TestMesh | undefined;
  beforeAll(async () => {
    mesh = await startMesh(begin);
  });
  afterAll(async () => {
    try {
      expect(mesh?.ads.nacks).toEqual([]);
    } finally {
      await mesh?.stop();
    }
  });
  return () => {
    if (mesh === undefined) throw new Error('the mesh is there from the first test on, not before');
    return mesh;
  };
}
