import { systemClock } from '../../src/common/clock.ts';
import { FakeIssuer } from '../support/issuers/fake-issuer.ts';
import { startBuiltIn } from '../support/issuers/built-in-on-api-server.ts';
import { describeIssuer } from './issuer-contract.ts';

describeIssuer('the fake issuer', async () => {
  const issuer = await FakeIssuer.ready(systemClock);
  return {
    issuer,
    replaceRoot: () => issuer.replaceRoot(),
    stop: () => Promise.resolve(),
  };
});

describeIssuer('the built-in issuer', () => startBuiltIn('contract-built-in'));
