import { describe, expect, it } from '@jest/globals';
import { everything, setOf, settled } from '../../../test/support/xds/settled-proxy.ts';

// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations
describe('make before break', () => {
  it('holds listeners and routes back until new clusters are acknowledged', () => {
    const proxy = settled();
    const next = [
      'cluster b',
      'endpoint b',
      ...everything.with(3, 'listener l@2').with(4, 'route r@2'),
    ];
    expect(proxy.offer(setOf(...next))).toEqual(['cluster +b@1']);
    expect(proxy.session.holdsBack).toBe(true);
    expect(proxy.ask('endpoint', { subscribe: ['b'] })).toEqual(['endpoint +b@1']);
    expect(proxy.ack('cluster')).toEqual(['listener +l@2', 'route +r@2']);
    expect(proxy.session.holdsBack).toBe(false);
  });

  it('does the same with extensions, which name clusters too', () => {
    const proxy = settled(['cluster old', 'endpoint old', ...everything, 'extension e']);
    const next = ['cluster b', 'endpoint b', ...everything, 'extension e@2'];
    expect(proxy.offer(setOf(...next))).toEqual(['cluster +b@1']);
    proxy.ask('endpoint', { subscribe: ['b'] });
    expect(proxy.ack('cluster')).toEqual(['extension +e@2']);
    expect(proxy.ack('extension')).toEqual(['cluster -old']);
  });

  it('does not hold them back for changes of clusters that are there', () => {
    const proxy = settled();
    const next = everything.with(0, 'cluster a@2').with(4, 'route r@2');
    expect(proxy.offer(setOf(...next))).toEqual(['cluster +a@2', 'endpoint +a@1', 'route +r@2']);
  });

  it('stops holding back when the warming wait is skipped', () => {
    const proxy = settled();
    proxy.offer(setOf('cluster b', ...everything.with(4, 'route r@2')));
    expect(proxy.hasten()).toEqual(['route +r@2']);
    proxy.ack('route');
    proxy.ack('cluster');
    expect(
      proxy.offer(setOf('cluster c', 'cluster b', ...everything.with(4, 'route r@3'))),
    ).toEqual(['cluster +c@1']);
  });

  it('removes a cluster only after routes and listeners that may name it have gone', () => {
    const proxy = settled(['cluster old', 'endpoint old', ...everything]);
    const next = everything.with(3, 'listener l@2').with(4, 'route r@2');
    expect(proxy.offer(setOf(...next))).toEqual(['listener +l@2', 'route +r@2']);
    expect(proxy.ack('route')).toEqual([]);
    expect(proxy.ack('listener')).toEqual(['cluster -old']);
    expect(proxy.ask('endpoint', { unsubscribe: ['old'] })).toEqual([]);
    expect(proxy.ack('cluster')).toEqual([]);
    expect(proxy.session.synced).toBe(true);
  });

  it('holds back what names a cluster that is offered again while its removal is on its way', () => {
    const proxy = settled(['cluster old', 'endpoint old', ...everything]);
    expect(proxy.offer(setOf(...everything))).toEqual(['cluster -old']);
    const next = ['cluster old', 'endpoint old', ...everything.with(4, 'route r@2')];
    expect(proxy.offer(setOf(...next))).toEqual([]);
    expect(proxy.session.holdsBack).toBe(true);
    expect(proxy.ack('cluster')).toEqual(['cluster +old@1']);
    expect(proxy.ask('endpoint', { unsubscribe: ['old'] })).toEqual([]);
    expect(proxy.ask('endpoint', { subscribe: ['old'] })).toEqual(['endpoint +old@1']);
    expect(proxy.ack('cluster')).toEqual(['route +r@2']);
  });

  it('removes endpoints, after their cluster, from a client that keeps its subscription to them', () => {
    const proxy = settled(['cluster old', 'endpoint old', ...everything]);
    expect(proxy.offer(setOf(...everything))).toEqual(['cluster -old']);
    expect(proxy.ack('cluster')).toEqual(['endpoint -old']);
  });

  it('replaces a listener by another on the same address in one response', () => {
    const proxy = settled();
    expect(proxy.offer(setOf(...everything.with(3, 'listener m')))).toEqual(['listener +m@1 -l']);
  });
});
