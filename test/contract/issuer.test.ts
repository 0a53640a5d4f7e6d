import { systemClock } from '../../src/common/clock.ts';
import { FakeIssuer } from '../fakes/issuer.ts';
import { startBuiltIn } from './issuer-built-in.ts';
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
