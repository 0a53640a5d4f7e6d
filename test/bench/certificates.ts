/** Prints what 1,000 leaves of the built-in authority cost: `node test/bench/certificates.ts [leaves]`. */
import { startBuiltIn } from '../support/issuers/built-in-in-memory.ts';
import { coldStart, manyAccounts } from '../support/issuers/cold-start.ts';

const accounts = manyAccounts(Number(process.argv[2] ?? 1_000));
const figures = await coldStart(() => Promise.resolve(startBuiltIn()), accounts);
process.stdout.write(`${JSON.stringify(figures)}\n`);
