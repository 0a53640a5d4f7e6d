import { describe } from '@jest/globals';
import { connect } from '../../src/kubernetes/connect.ts';
import {
  authorityPem,
  makeIntermediate,
  makeRoot,
  type TestAuthority,
} from '../support/certificates/make-authority.ts';
import { sharedApiServer } from '../support/api-server/shared-api-server.ts';
import type { IssuerUnderTest } from '../support/issuers/issuer-under-test.ts';
import { describeIssuer } from './issuer-contract.ts';
import { ensureNamespace, putSecret, startIssuer } from '../support/issuers/start-issuer.ts';

type Texts = Readonly<Record<string, string>>;

/** What a person puts into the Secret of the built-in authority. */
interface Brought {
  readonly what: string;
  readonly texts: () => Texts;
}

const asTls = (authority: TestAuthority): Texts => {
  const { chain, privateKey, roots } = authorityPem(authority);
  return { 'tls.crt': chain, 'tls.key': privateKey.reveal(), 'ca.crt': roots };
};
const asOsm = (authority: TestAuthority): Texts => {
  const { roots, privateKey } = authorityPem(authority);
  return { 'ca.crt': roots, 'private.key': privateKey.reveal() };
};
const cases: readonly Brought[] = [
  { what: 'a root of a person', texts: () => asTls(makeRoot()) },
  { what: 'a chain of a person', texts: () => asTls(makeIntermediate(makeRoot())) },
  { what: "a root in OSM's form", texts: () => asOsm(makeRoot()) },
];

describe.each(cases)('the built-in issuer', ({ what, texts }) => {
  describeIssuer(`the built-in issuer with ${what}`, () => start(what, texts));
});

async function start(what: string, texts: () => Texts): Promise<IssuerUnderTest> {
  const namespace = `contract-${what.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  const place = { namespace, name: 'brought' };
  const api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
  await ensureNamespace(api, namespace);
  await putSecret(api, place, texts());
  const provider = { kind: 'builtIn', secretName: 'brought' } as const;
  const started = await startIssuer(provider, { namespace });
  return {
    issuer: started.issuer,
    replaceRoot: () => putSecret(api, place, texts()),
    stop: async () => {
      await started.stop();
      await api.close();
    },
  };
}

describeIssuer('the built-in issuer with an RSA root', async () => {
  const namespace = 'contract-rsa';
  const key = { algorithm: 'RSA', bits: 2048 } as const;
  const provider = { kind: 'builtIn', secretName: 'rsa' } as const;
  const started = await startIssuer(provider, { namespace, key });
  return {
    issuer: started.issuer,
    replaceRoot: () => putSecret(started.api, { namespace, name: 'rsa' }, asTls(makeRoot())),
    stop: started.stop,
  };
});
