import { defineConfig } from 'vitest/config';
import { playing } from './vitest.config.ts';
import { LongestFirst } from './vitest.proofs.config.ts';

/**
 * Checks of the stack and its sandbox against what others wrote about AWS and Kubernetes. `.ci/conformance` runs them.
 */
export default defineConfig({
  test: {
    ...playing,
    include: ['conformance/**/*.conformance.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    sequence: { sequencer: LongestFirst },
  },
});
