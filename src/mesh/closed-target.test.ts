import { describe, expect, it } from '@jest/globals';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import { makeNamespace, makePod, makeService } from '../../test/support/builders/make-object.ts';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficTarget,
} from '../../test/support/builders/make-policy.ts';
import { openingOf } from './closed-target.ts';
import { compileMesh } from './compile.ts';

const http = { kind: 'HTTPRouteGroup', name: 'all' } as const;
const tcp = (name: string) => ({ kind: 'TCPRoute', name }) as const;

const rows = [
  ['cart', [http], undefined, undefined],
  ['gone', [http], 'no pods', 'no pod of shop runs as ServiceAccount gone'],
  ['bare', [http], 'no sidecar', 'none of the pods of shop that run as ServiceAccount bare has'],
  ['db', [http], 'no port', 'opens none of the ports 3306 (tcp-server-first)'],
  ['db', [tcp('other')], 'no port', 'opens none of the ports 3306 (tcp-server-first)'],
  ['db', [http, tcp('mysql')], 'no port', 'in a TrafficTarget without HTTPRouteGroups'],
  ['db', [tcp('mysql')], undefined, undefined],
  ['lone', [http], 'no port', 'no Service leads to the pods'],
  ['bare', [{ kind: 'HTTPRouteGroup', name: 'missing' }], undefined, undefined],
] as const;

function opening(to: string, rules: (typeof rows)[number][1], permissive = false) {
  const target = makeTrafficTarget({ to, from: ['shop/cart'], rules: [...rules] });
  const accounts = ['cart', 'db', 'lone', 'bare'];
  const snapshot = makeSnapshot([
    makeNamespace(),
    ...accounts.map((account, index) =>
      makePod({ account, ip: `10.0.0.${index}`, sidecar: account !== 'bare' }),
    ),
    makeService({ name: 'cart', app: 'cart' }),
    makeService({ name: 'bare', app: 'bare' }),
    makeService({
      name: 'db',
      app: 'db',
      ports: [{ name: 'sql', port: 3306, appProtocol: 'mysql' }],
    }),
    makeRouteGroup({ name: 'all' }),
    makeTcpRoute({ name: 'other', ports: [5432] }),
    makeTcpRoute({ name: 'mysql', ports: [3306] }),
    target,
  ]);
  const { model } = compileMesh(snapshot, makeSettings({ permissive }));
  return openingOf(target, { namespaces: snapshot.namespaces, model });
}

describe('what a TrafficTarget opens', () => {
  it.each(rows)('at %s, by %j: %s', (...row) => {
    const [to, rules, closed, part] = row;
    const { closed: is, diagnostics } = opening(to, rules);
    expect(is).toBe(closed);
    const messages = diagnostics.map(({ message }) => message);
    if (part === undefined) expect(messages).toEqual([]);
    else expect(messages[0]).toContain(part);
  });

  it('names a pod of the destination without a sidecar beside others that have one', () => {
    const target = makeTrafficTarget({ to: 'cart', from: ['shop/cart'], rules: [http] });
    const objects = [
      ...[makeNamespace(), makeService({ name: 'cart', app: 'cart' })],
      ...[makeRouteGroup({ name: 'all' }), target],
      makePod({ account: 'cart', name: 'cart-1', ip: '10.0.0.1' }),
      makePod({ account: 'cart', name: 'cart-2', ip: '10.0.0.2', sidecar: false }),
    ];
    const snapshot = makeSnapshot(objects);
    const { model } = compileMesh(snapshot, makeSettings({ permissive: false }));
    const { closed, diagnostics } = openingOf(target, { namespaces: snapshot.namespaces, model });
    expect(closed).toBeUndefined();
    expect(diagnostics[0]?.message).toContain('pod cart-2 of ServiceAccount cart runs without');
  });

  it('is not asked in permissive mode, but for pods', () => {
    expect(opening('db', [http], true).closed).toBeUndefined();
    expect(opening('bare', [http], true).closed).toBeUndefined();
    expect(opening('gone', [http], true).closed).toBe('no pods');
  });
});
