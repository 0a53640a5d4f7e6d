import { beforeEach, describe, expect, it } from '@jest/globals';
import { SteppingClock } from '../../../test/support/time/stepping-clock.ts';
import { encodeAnswer, encodeLeafRequest, type SharedLeafRequest } from './shared-leaf-request.ts';
import { silentLogger } from '../../common/logger.ts';
import { Secret } from '../../common/secret.ts';
import { identityKey } from '../../policy/identity.ts';
import { PeerLeaves } from './peer-leaves.ts';

const ask: SharedLeafRequest = {
  account: identityKey({ namespace: 'shop', serviceAccount: 'cart' }),
  ...{ trustDomain: 'cluster.local', validityMs: 3_600_000, keyKind: 'P-256' },
  ...{ signer: 'root/1', heldOnly: false },
};
const signal = new AbortController().signal;

describe('the other replicas', () => {
  let clock: SteppingClock;
  let running: Map<string, string>;
  let answers: Map<string, Secret<Buffer>>;
  let asked: [string, Buffer][];
  let peers: PeerLeaves;

  beforeEach(() => {
    clock = new SteppingClock();
    running = new Map([
      ['weft/b', '10.0.0.2'],
      ['weft/c', '10.0.0.3'],
    ]);
    answers = new Map();
    asked = [];
    peers = new PeerLeaves({
      own: 'weft/a',
      others: () => running,
      request: (ip, bytes) => {
        asked.push([ip, bytes]);
        return Promise.resolve(answers.get(ip));
      },
      clock,
      logger: silentLogger,
    });
  });

  it('are asked at their addresses, and answer with a leaf or with none', async () => {
    const leaf = { certificateChain: 'chain', privateKey: new Secret('key') };
    answers.set('10.0.0.2', encodeAnswer(leaf)).set('10.0.0.3', encodeAnswer(undefined));
    expect((await peers.request('weft/b', ask, signal))?.leaf?.privateKey.reveal()).toBe('key');
    expect(await peers.request('weft/c', ask, signal)).toEqual({ leaf: undefined });
    expect(asked).toEqual([
      ['10.0.0.2', encodeLeafRequest(ask)],
      ['10.0.0.3', encodeLeafRequest(ask)],
    ]);
    expect(peers.others()).toEqual(['weft/b', 'weft/c']);
  });

  it('are left out for ten seconds after they did not answer', async () => {
    expect(await peers.request('weft/b', ask, signal)).toBeUndefined();
    expect(peers.others()).toEqual(['weft/c']);
    expect(await peers.request('weft/b', ask, signal)).toBeUndefined();
    expect(asked).toHaveLength(1);
    await clock.advance(10_000);
    expect(peers.others()).toEqual(['weft/b', 'weft/c']);
  });

  it('are not left out for ever when the clock is set back', async () => {
    await peers.request('weft/b', ask, signal);
    clock.step(-3_600_000);
    expect(peers.others()).toEqual(['weft/b', 'weft/c']);
  });

  it('are left out when what they say cannot be read, and when they are gone', async () => {
    answers.set('10.0.0.2', new Secret(Buffer.from('?')));
    expect(await peers.request('weft/b', ask, signal)).toBeUndefined();
    running.delete('weft/c');
    expect(peers.others()).toEqual([]);
    expect(await peers.request('weft/c', ask, signal)).toBeUndefined();
  });
});
