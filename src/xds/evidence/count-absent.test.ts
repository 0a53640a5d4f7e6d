import { describe, expect, it } from '@jest/globals';
import {
  makeOrigin,
  makeResource,
  makeSet,
} from '../../../test/support/resources/resource-sets.ts';
import { originKey } from '../../policy/origin.ts';
import { countAbsent } from './count-absent.ts';

const cart = makeOrigin('cart', 3);
const key = originKey(cart);
const set = makeSet(makeResource('listener', 'l', { origins: [cart] }));
const known = new Map([
  [key, { origin: cart, total: 2, acknowledged: 2, rejected: 0, rejections: [], waiting: [] }],
]);

describe('case H: proxies that a policy concerns and that have no stream', () => {
  it('count in the total, and not as having acknowledged', () => {
    const absent = ['shop/b', 'shop/a', 'shop/c'].map((pod) => ({
      ...{ pod, set },
      starting: pod === 'shop/c',
    }));
    expect(countAbsent(known, absent)(key)).toMatchObject({
      ...{ total: 5, acknowledged: 2, starting: 1, away: 2 },
      awayPods: ['shop/a', 'shop/b'],
    });
  });

  it('make up the total where no proxy is connected', () => {
    const whole = countAbsent(new Map(), [{ pod: 'shop/a', set, starting: false }]);
    expect(whole(key)).toMatchObject({ origin: cart, total: 1, acknowledged: 0 });
    expect(whole(originKey(makeOrigin('other')))).toBeUndefined();
  });
});
