import { forgetCommands } from './commands-run.ts';

/** Jest's globalSetup: removes the last run's records, so that docs-run.test.ts sees a test file that did not run. */
export default forgetCommands;
