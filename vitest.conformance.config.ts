import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';
import { LongestFirst } from './vitest.proofs.config.ts';

/** What others wrote about AWS and Kubernetes, held against the stack and its sandbox. `.ci/conformance` runs it. */
export default defineConfig({
  test: {
    ...config.test,
    include: ['conformance/**/*.conformance.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    sequence: { sequencer: LongestFirst },
  },
});
