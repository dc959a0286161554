import { defineConfig } from 'vitest/config';
import { propertySeed } from './test/property-seed.ts';

/** The tests that play the synthesized stack. Synthesizing it takes most of a minute, for which no other test waits. */
const PLAYS = [
  'test/**/*.test.ts',
  'functions/require-imdsv2/require-imdsv2.test.ts',
  'sandbox/console/console-server.test.ts',
];

/** The settings of all tests. */
export const common = {
  exclude: ['node_modules/**', 'cdk.out/**'],
  // `npm run synth` checks the rules of AWS's schema once. In each synthesis of a test they would take seconds.
  env: { CDK_VALIDATION: 'false', PROPERTY_SEED: `${propertySeed()}` },
  setupFiles: ['test/draw-from-seed.setup.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // Test files leave nothing behind that affects another one. A process for each would cost more than it protects.
  isolate: false,
  maxWorkers: 2,
};

/** The further settings of tests that play the synthesized stack. */
export const playing = { ...common, globalSetup: ['test/synthesize.setup.ts', 'test/light-stack.setup.ts'] };

export default defineConfig({
  test: {
    maxWorkers: 2,
    // The reporter prints failures with their output, and a total.
    reporters: ['minimal'],
    silent: 'passed-only',
    projects: [
      { test: { ...common, name: 'units', include: ['**/*.test.ts'], exclude: [...common.exclude, ...PLAYS] } },
      { test: { ...playing, name: 'plays', include: PLAYS } },
    ],
  },
});
