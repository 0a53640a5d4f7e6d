/** Native ESM; TypeScript is stripped by Node itself, positions stay, no source maps needed. */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tools/check/strip-types.cjs' },
};

/**
 * Attacks under which memory and delays are measured: they run in a project of their own, for other tests beside
 * them would be measured too.
 */
const measured = ['bulk-objects', 'health-flood', 'hostile', 'webhook-flood', 'xds-flood'].map(
  (name) => `<rootDir>/test/features/adversarial/${name}.test.ts`,
);

/** Reads which commands the other files of the end-to-end suite ran, so it runs after them. */
const docsRun = '<rootDir>/test/e2e/docs-run.test.ts';

export default {
  workerIdleMemoryLimit: '768MB',
  // Tests that speak over real sockets take a second where others have the processors.
  testTimeout: 20_000,
  coverageProvider: 'babel',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/src/**/*.test.ts',
        '<rootDir>/demo/**/*.test.ts',
        '<rootDir>/tools/**/*.test.ts',
        '<rootDir>/test/repository/**/*.test.ts',
        '<rootDir>/test/support/**/*.test.ts',
        '<rootDir>/test/load/**/*.test.ts',
        '<rootDir>/test/rotation/**/*.test.ts',
      ],
    },
    { ...shared, displayName: 'golden', testMatch: ['<rootDir>/test/golden/*.test.ts'] },
    {
      ...shared,
      displayName: 'feature',
      testMatch: ['<rootDir>/test/features/**/*.test.ts', '<rootDir>/test/contract/**/*.test.ts'],
      testPathIgnorePatterns: measured,
      globalSetup: '<rootDir>/test/support/api-server/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/api-server/global-teardown.ts',
    },
    { ...shared, displayName: 'measured', testMatch: measured },
    { ...shared, displayName: 'envoy', testMatch: ['<rootDir>/test/envoy/*.test.ts'] },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
      testPathIgnorePatterns: [docsRun],
      globalSetup: '<rootDir>/test/e2e/global-setup.ts',
    },
    { ...shared, displayName: 'e2e-docs', testMatch: [docsRun] },
  ],
};
