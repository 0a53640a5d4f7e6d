/* `make test`: every check there is, cheapest first; the last line counts them. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { CommandError, run } from '../base/command.ts';
import { repository } from '../images/bundle.ts';
import { elapsed, say, step } from '../progress.ts';

interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** The name of each failure: a test's, a test file's or a check's. */
  readonly failures: readonly string[];
}

/** A check is one pass or one failure; a suite reports how many tests it has. */
interface Stage {
  readonly title: string;
  readonly kind: 'check' | 'suite';
  readonly target: string;
}

/** Checks that only read the tree, so they run in parallel, the longest first. */
const readers: readonly Stage[] = [
  { title: 'Lint', kind: 'check', target: 'lint' },
  { title: 'Formatting', kind: 'check', target: 'format' },
  { title: 'Types', kind: 'check', target: 'types' },
  { title: 'Import table', kind: 'check', target: 'rooms' },
  { title: 'Dead code', kind: 'check', target: 'dead' },
  { title: 'Duplicates', kind: 'check', target: 'duplicates' },
];

/** Checks that write to the tree, or use all processors: they run one after another. */
const others: readonly Stage[] = [
  { title: 'Generated code is current', kind: 'check', target: 'verify' },
  { title: 'Unit and property tests', kind: 'suite', target: 'unit' },
  { title: 'Golden stories, on real Envoys', kind: 'suite', target: 'golden-check' },
  { title: 'Features, on a real API server', kind: 'suite', target: 'feature-together' },
  { title: 'Attacks that are measured', kind: 'suite', target: 'feature-measured' },
  { title: 'End to end, on real nodes', kind: 'suite', target: 'e2e-clusters' },
  { title: 'Commands of the docs', kind: 'suite', target: 'e2e-docs' },
];

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly JestFile[];
}

interface JestFile {
  readonly name: string;
  readonly status: string;
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
}

function failuresOf({ name, status, assertionResults }: JestFile): readonly string[] {
  const file = relative(repository, name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length > 0) return failed.map(({ fullName }) => `${file}: ${fullName}`);
  return status === 'failed' ? [`${file} as a whole`] : [];
}

/** Counts of a suite; a test file that could not run counts as one failure. */
async function report(file: string): Promise<Tally> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, failures: ['it reported nothing'] };
  const json = JSON.parse(text) as JestReport;
  return {
    passed: json.numPassedTests,
    failed: json.numFailedTests + json.numRuntimeErrorTestSuites,
    failures: json.testResults.flatMap(failuresOf),
  };
}

/** The lines to show of a failed stage: all lines of a check; of a suite, the lines from the first failure on. */
function excerpt(output: string): string {
  const lines = output.trimEnd().split('\n');
  return lines.slice(-400).join('\n');
}

/** Measured figures, which tests print in this form; they are shown also when all tests pass. */
function showFigure(line: string): void {
  if (line.startsWith('  ◆ ')) say(line);
}

async function runStage(stage: Stage): Promise<Tally> {
  const file = join(repository, 'out/test', `${stage.target}.json`);
  await rm(file, { force: true });
  const extra = stage.kind === 'suite' ? [`JEST_ARGS=--json --outputFile=${file}`] : [];
  let failure: CommandError | undefined;
  try {
    await step(stage.title, () =>
      run('make', ['-s', stage.target, ...extra], { cwd: repository, onLine: showFigure }),
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    failure = error;
    say(excerpt(error.output));
  }
  if (stage.kind === 'check') {
    return failure === undefined
      ? { passed: 1, failed: 0, failures: [] }
      : { passed: 0, failed: 1, failures: ['see above'] };
  }
  const tally = await report(file);
  const crashed = failure !== undefined && tally.failed === 0;
  return crashed ? { ...tally, failed: 1, failures: ['its process failed'] } : tally;
}

/** Runs these stages, at most `atOnce` of them in parallel. */
async function runStages(stages: readonly Stage[], atOnce: number): Promise<void> {
  const waiting = [...stages];
  const lane = async (): Promise<void> => {
    for (let stage = waiting.shift(); stage !== undefined; stage = waiting.shift()) {
      const { title, kind } = stage;
      const tally = await runStage(stage);
      passed += tally.passed;
      failed += tally.failed;
      failures.push(...tally.failures.map((failure) => `${title}: ${failure}`));
      if (kind === 'suite') say(`  ${tally.passed} passed, ${tally.failed} failed in this suite`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

await mkdir(join(repository, 'out/test'), { recursive: true });
const began = Date.now();
let passed = 0;
let failed = 0;
const failures: string[] = [];
await runStages(readers, availableParallelism());
await runStages(others, 1);
for (const failure of failures) say(`✗ ${failure}`);
say(`All checks took ${elapsed(Date.now() - began)}.`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
