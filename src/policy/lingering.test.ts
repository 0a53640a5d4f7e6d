import { describe, expect, it } from '@jest/globals';
import { account, makeServed } from '../../test/support/builders/make-view.ts';
import { Lingering } from './lingering.ts';
import { type ServiceKey, serviceKey } from './service.ts';
import type { ServedPort, Workload } from './workload.ts';

const blue = serviceKey('shop', 'blue');
const web = serviceKey('shop', 'web');

function port(targetPort: number, ...services: readonly ServiceKey[]): ServedPort {
  return makeServed(targetPort, { services });
}

type Workloads = ReadonlyMap<string, Workload>;

function pods(served: Readonly<Record<string, readonly ServedPort[]>>): Workloads {
  const rest = { account: account('shop'), probes: [], metrics: false };
  return new Map(
    Object.entries(served).map(([uid, ports]) => [
      uid,
      { pod: `shop/${uid}`, uid, served: ports, ...rest },
    ]),
  );
}

/** What pod "a" serves: `<port> <protocol> <services>`. */
function listLingering(workloads: Workloads): readonly string[] {
  const { served } = workloads.get('a')!;
  return served.map(({ targetPort, protocol, services }) =>
    [targetPort, protocol, ...services].join(' '),
  );
}

const both = pods({ a: [port(8080, blue, web)], b: [port(8080, web)] });
const left = pods({ a: [port(8080, blue)] });

describe('a pod that a Service left', () => {
  it('serves it for five seconds more', () => {
    const lingering = new Lingering();
    expect(lingering.workloads(both, 0)).toBe(both);
    expect(lingering.next).toBeUndefined();
    const result = lingering.workloads(left, 1_000);
    expect(listLingering(result)).toEqual(['8080 http shop/blue shop/web']);
    expect(lingering.next).toBe(6_000);
    expect(lingering.workloads(left, 5_999)).toBe(result);
    expect(lingering.workloads(left, 6_000)).toBe(left);
    expect(lingering.next).toBeUndefined();
  });

  it('serves ports that no Service leads to any more, each for its own time', () => {
    const lingering = new Lingering();
    lingering.workloads(pods({ a: [port(80, blue), port(8080, web)] }), 0);
    lingering.workloads(pods({ a: [port(80, blue)] }), 1_000);
    const none = pods({ a: [] });
    expect(listLingering(lingering.workloads(none, 2_000))).toEqual([
      '80 http shop/blue',
      '8080 http shop/web',
    ]);
    expect(listLingering(lingering.workloads(none, 6_500))).toEqual(['80 http shop/blue']);
    expect(listLingering(lingering.workloads(none, 7_000))).toEqual([]);
  });

  it('stays the same object while other pods change', () => {
    const lingering = new Lingering();
    lingering.workloads(both, 0);
    const result = lingering.workloads(left, 1_000);
    const more = new Map([...left, ...pods({ c: [] })]);
    expect(lingering.workloads(more, 2_000).get('a')).toBe(result.get('a'));
    expect(lingering.workloads(more, 2_000).get('c')).toBe(more.get('c'));
  });

  it('serves it as before when the Service comes back, and as it says when it says otherwise', () => {
    const lingering = new Lingering();
    lingering.workloads(both, 0);
    lingering.workloads(left, 1_000);
    expect(lingering.workloads(both, 2_000)).toBe(both);
    const opaque = makeServed(8080, { services: [blue, web], protocol: 'tcp' });
    const others = pods({ a: [opaque] });
    expect(lingering.workloads(others, 3_000)).toBe(others);
  });

  it('is forgotten with the pod, and not kept longer by a clock that is put back', () => {
    const lingering = new Lingering();
    lingering.workloads(both, 10_000);
    lingering.workloads(left, 10_000);
    const more = new Map([...left, ...pods({ c: [] })]);
    expect(lingering.workloads(more, 0)).toBe(more);
    lingering.workloads(both, 0);
    const gone = pods({});
    expect(lingering.workloads(gone, 0)).toBe(gone);
  });
});
