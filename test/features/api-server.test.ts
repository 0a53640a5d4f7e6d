import { expect, it } from '@jest/globals';
import { callApi } from '../support/api-server/call-api.ts';

const call = callApi<Record<string, unknown>>;

it('binds a token to its audience and pod, and disowns it when the pod is gone', async () => {
  const metadata = (name: string) => ({ metadata: { name } });
  const space = '/api/v1/namespaces/api-server-tokens';
  await call('POST', '/api/v1/namespaces', metadata('api-server-tokens'));
  await call('POST', `${space}/serviceaccounts`, metadata('cart'));
  const pod = await call('POST', `${space}/pods`, {
    ...metadata('cart-1'),
    spec: { serviceAccountName: 'cart', containers: [{ name: 'cart', image: 'none' }] },
  });
  expect(pod.status).toBe(201);

  const issue = async (): Promise<string> => {
    const { body } = await call('POST', `${space}/serviceaccounts/cart/token`, {
      spec: {
        audiences: ['mesh'],
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'cart-1' },
      },
    });
    return (body['status'] as { token: string }).token;
  };
  const accepted = async (token: string, audience: string): Promise<boolean> => {
    const spec = { token, audiences: [audience] };
    const { body } = await call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec });
    return (body['status'] as { authenticated?: boolean }).authenticated === true;
  };
  // Each is reviewed once, for the API server remembers a good answer for ten seconds.
  const [first, second, third] = [await issue(), await issue(), await issue()];
  expect(await accepted(first, 'mesh')).toBe(true);
  expect(await accepted(second, 'other')).toBe(false);
  await call('DELETE', `${space}/pods/cart-1?gracePeriodSeconds=0`);
  expect(await accepted(third, 'mesh')).toBe(false);
});
