import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { playing } from './vitest.config.ts';

/** The files that take longest, the longest first. */
const LONGEST = [
  'fleets.proof',
  'findings.proof',
  'lost-records.proof',
  'entry-points.proof',
  'rollout.proof',
  'watch-hosts.proof',
  'docs-commands.proof',
  'consistency.proof',
  'gather.proof',
  'rehearsal.proof',
  'trouble.proof',
  'widget.proof',
  'stack-update.proof',
  'upgrade-images.proof',
  'posture-checks.proof',
  'drain-nodes.proof',
  'posture.proof',
  'package.proof',
  'drain-crash.proof',
  'remediator-served.proof',
  'simulation.proof',
  'node-class-waves.proof',
  'steer-node-classes.proof',
  'dashboard.proof',
  'crash.proof',
  'cli.proof',
  'calls.conformance',
  'calls-of-others.conformance',
];

/** Begins with the longest files. If one of them began last, it would keep one worker busy while the other is idle. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.ts`));
      return found === -1 ? LONGEST.length : found;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

/** The slower proofs: a crash at every call, thousands of workers, a stretch of history, the stock AWS CLI. */
export default defineConfig({
  test: {
    ...playing,
    include: ['**/*.proof.ts'],
    testTimeout: 1_200_000,
    hookTimeout: 600_000,
    sequence: { sequencer: LongestFirst },
  },
});
