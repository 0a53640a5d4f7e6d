import { describe, expect, it } from '@jest/globals';
import { makeNamespace, makePod, makeService } from '../../test/support/builders/make-object.ts';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import type { KubernetesObject, Pod } from '../api/core.ts';
import { keepAddressBook, ownAddresses } from './address-book.ts';

const ip = '10.0.0.1';
const mine = makePod({ name: 'mine', ip });
const theirs = makePod({ name: 'theirs', namespace: 'plain', ip });

function ending(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } };
}

function onNode(pod: Pod): Pod {
  return { ...pod, spec: { ...pod.spec, hostNetwork: true } };
}

/** `<namespace>/<name>` of the pods that have the address, and why others have it not. */
function having(...objects: readonly KubernetesObject[]): readonly (string | undefined)[] {
  const snapshot = makeSnapshot([makeNamespace('shop'), makeNamespace('plain', {}), ...objects]);
  const { book } = keepAddressBook(snapshot);
  const pods = (book.pods.get(ip) ?? []).filter((pod) => ownAddresses(pod, book).includes(ip));
  const names = pods.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
  return [names.join(' '), book.disputes.byAddress.get(ip)?.reason];
}

describe('an address in the status of a pod', () => {
  it('is the pod’s while no other pod claims it', () => {
    expect(having(mine)).toEqual(['shop/mine', undefined]);
    expect(having(mine, makePod({ name: 'other', ip }))).toEqual([
      'shop/mine shop/other',
      undefined,
    ]);
  });

  it('is never the pod’s when a Service has it', () => {
    const service = makeService({ name: 'api', namespace: 'plain', clusterIP: ip });
    expect(having(mine, service)).toEqual(['', 'is the clusterIP of service plain/api']);
  });

  it('belongs to no pod when pods of two namespaces claim it', () => {
    const reason = 'is in the status of pods of several namespaces (plain/theirs, shop/mine)';
    expect(having(mine, theirs)).toEqual(['', reason]);
    expect(having(ending(mine), ending(theirs))).toEqual(['', reason]);
  });

  it('is not that of a pod which is not on a node, has finished, or goes while another has come', () => {
    const unplaced: Pod = { ...theirs, spec: { ...theirs.spec, nodeName: '' } };
    expect(having(mine, unplaced)).toEqual(['shop/mine', undefined]);
    for (const phase of ['Succeeded', 'Failed']) {
      const over = makePod({ name: 'theirs', namespace: 'plain', ip, phase });
      expect(having(mine, over)).toEqual(['shop/mine', undefined]);
    }
    expect(having(mine, ending(theirs))).toEqual(['shop/mine', 'now belongs to pod shop/mine']);
  });

  it('is the node’s when pods on its network have it, of whatever namespaces they are', () => {
    expect(having(onNode(mine), onNode(theirs))).toEqual(['plain/theirs shop/mine', undefined]);
    const reason = 'is the address of the node of pod plain/theirs';
    expect(having(mine, onNode(theirs))).toEqual(['plain/theirs', reason]);
  });

  it('is none that no machine in a network has', () => {
    for (const odd of ['127.0.0.1', '0.0.0.0', '::ffff:10.96.0.1', '169.254.169.254']) {
      const { book } = keepAddressBook(makeSnapshot([makePod({ ip: odd })]));
      expect([...book.pods.keys()]).toEqual([]);
    }
  });
});
