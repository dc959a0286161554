import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'cdk.out/**'],
    // `npm run synth` checks the rules of AWS's schema once. In each synthesis of a test they would take seconds.
    env: { CDK_VALIDATION: 'false' },
    globalSetup: ['test/synthesize.setup.ts', 'test/light-stack.setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Test files leave nothing behind that affects another one. A process for each would cost more than it protects.
    isolate: false,
    maxWorkers: 2,
  },
});
