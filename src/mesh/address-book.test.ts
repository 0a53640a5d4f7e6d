import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeChange, makeRemoval, makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeNamespace, makePod, makeService } from '../../test/support/builders/make-object.ts';
import { applyChanges } from '../cluster/snapshot.ts';
import { keepAddressBook } from './address-book.ts';

const name = fc.constantFrom('a', 'b', 'c');
const namespace = fc.constantFrom('shop', 'plain');
const ip = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3');
const object = fc.oneof(
  fc
    .record({
      ...{ name, namespace, ip },
      phase: fc.constantFrom('Running', 'Pending', 'Succeeded'),
      nodeName: fc.constantFrom('node-1', 'node-1', ''),
      hostNetwork: fc.boolean(),
      deletionTimestamp: fc.constantFrom(undefined, '2026-01-02T00:00:00Z'),
    })
    .map(({ nodeName, hostNetwork, deletionTimestamp, ...options }) => {
      const pod = makePod(options);
      const ending = deletionTimestamp === undefined ? {} : { deletionTimestamp };
      return {
        ...{ ...pod, metadata: { ...pod.metadata, ...ending } },
        spec: { ...pod.spec, nodeName, hostNetwork },
      };
    }),
  fc.record({ name, namespace, clusterIP: ip }).map((options) => makeService(options)),
);

describe('keepAddressBook', () => {
  it('knows after any changes what it would know from scratch, and which addresses changed hands', () => {
    const steps = fc.array(fc.array(fc.tuple(object, fc.boolean()), { maxLength: 3 }));
    fc.assert(
      fc.property(steps, (batches) => {
        let snapshot = makeSnapshot([makeNamespace('shop'), makeNamespace('plain', {})]);
        let { book } = keepAddressBook(snapshot);
        for (const batch of batches) {
          snapshot = applyChanges(
            snapshot,
            batch.map(([one, gone]) => (gone ? makeRemoval(one) : makeChange(one))),
          );
          const next = keepAddressBook(snapshot, book);
          const fresh = keepAddressBook(snapshot).book;
          expect(next.book.pods).toEqual(fresh.pods);
          expect(next.book.services).toEqual(fresh.services);
          expect(next.book.disputes).toEqual(fresh.disputes);
          for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
            const same =
              sameItems(book.pods.get(address), next.book.pods.get(address)) &&
              sameItems(book.services.get(address), next.book.services.get(address));
            if (!same) expect(next.changed.has(address)).toBe(true);
          }
          book = next.book;
        }
      }),
    );
  });

  it('stays the very same while nothing changes', () => {
    const snapshot = makeSnapshot([makeNamespace('shop'), makePod()]);
    const { book } = keepAddressBook(snapshot);
    expect(keepAddressBook(snapshot, book)).toMatchObject({ changed: new Set() });
    expect(keepAddressBook(snapshot, book).book).toBe(book);
  });
});

function sameItems(a: readonly unknown[] = [], b: readonly unknown[] = []): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
