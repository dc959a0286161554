import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'cdk.out/**'],
    globalSetup: ['test/synthesize.setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Test files leave nothing behind that another one could trip over; a process each would cost more than it guards.
    isolate: false,
    maxWorkers: 2,
  },
});
