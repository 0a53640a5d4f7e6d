import { describe, expect, it } from '@jest/globals';
import { makeProbe } from '../../../test/support/builders/make-view.ts';
import { probeRoute } from './probe-route.ts';

type Headers = readonly { readonly name: string; readonly value: string }[];

/** What the application gets beside what the probe says, as the kubelet has it (k8s.io/kubernetes/pkg/probe/http). */
function routeOf(headers: Headers): {
  readonly sent: Readonly<Record<string, string>>;
  readonly host: unknown;
  readonly matched: readonly string[];
} {
  const { match, requestHeadersToAdd = [], action } = probeRoute(makeProbe({ headers }), '/probe');
  const pairs = requestHeadersToAdd.map(({ header }) => [header?.key, header?.value]);
  const route = action?.case === 'route' ? action.value : undefined;
  return {
    sent: Object.fromEntries(pairs) as Record<string, string>,
    host: route?.hostRewriteSpecifier?.value,
    matched: (match?.headers ?? []).map(({ name = '' }) => name),
  };
}

describe('the headers of a probe', () => {
  it('are those that the kubelet adds to every probe', () => {
    expect(routeOf([]).sent).toEqual({ 'user-agent': 'kube-probe/weft', accept: '*/*' });
  });

  it.each(['Accept', 'User-Agent'])('lack %s where the probe declares it empty', (name) => {
    const { sent } = routeOf([{ name, value: '' }]);
    expect(Object.keys(sent).map((key) => key.toLowerCase())).not.toContain(name.toLowerCase());
    expect(Object.keys(sent)).toHaveLength(1);
  });

  it('have others that are empty', () => {
    expect(routeOf([{ name: 'X-Empty', value: '' }]).sent).toMatchObject({ 'X-Empty': '' });
  });
});

describe('the host of a probe', () => {
  const host = (value: string): Headers[number] => ({ name: 'Host', value });

  it('is the first that it declares', () => {
    expect(routeOf([host('one.example'), host('two.example')]).host).toBe('one.example');
  });

  it.each([[[]], [[host('')]], [[host(''), host('two.example')]]])(
    'is the address of the pod, and no other, where the first is none: %j',
    (headers) => {
      const { host: rewritten, matched } = routeOf(headers);
      expect(rewritten).toBeUndefined();
      expect(matched).toContain(':authority');
    },
  );
});
