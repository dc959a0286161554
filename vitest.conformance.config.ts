import { defineConfig } from 'vitest/config';
import { playing } from './vitest.config.ts';
import { LongestFirst } from './vitest.proofs.config.ts';

/** What others wrote about AWS and Kubernetes, held against the stack and its sandbox. `.ci/conformance` runs it. */
export default defineConfig({
  test: {
    ...playing,
    include: ['conformance/**/*.conformance.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    sequence: { sequencer: LongestFirst },
  },
});
