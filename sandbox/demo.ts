import { join } from 'node:path';
import { enter } from '../cli/entry.ts';
import { print } from '../cli/output.ts';
import { createTimeline } from '../cli/timeline.ts';
import { readFleet } from './cli/arguments.ts';
import { withDeployment } from './cli/deployment.ts';
import { DEMO_USAGE, readServing, type Serving, serve } from './cli/serve.ts';
import { summarize } from './cli/summary.ts';
import { startRun } from './play.ts';

/** `npm start`: a first demonstration, two days of a small fleet with a real AMI release. */
const DURATION_MS = 2 * 86_400_000;

await enter(process.argv.slice(2), DEMO_USAGE, (argv) =>
  demonstrate(readServing(argv, process.stdout, process.env.CI)),
);

async function demonstrate(serving: Serving): Promise<void> {
  const fleet = readFleet(join(import.meta.dirname, 'fleets', 'demo.json'));
  const realStart = performance.now();
  print(`EKS Host Remediator, played in a sandbox: no AWS account is touched.\n\n${fleet.description}`);
  await withDeployment(async (synthesized) => {
    const timeline = createTimeline(print);
    const { account, records, calls } = await startRun({ fleet, synthesized, onRecord: timeline.add });
    await account.play(DURATION_MS);
    timeline.flush();
    const seconds = ((performance.now() - realStart) / 1000).toFixed(1);
    print(`\n${summarize(account, records, calls.length)}`);
    print(
      `\n  Two days in ${seconds} seconds. Try next: npm run -s sandbox -- --fleet sandbox/fleets/mixed.json --for 6h`,
    );
    if (serving !== 'no') await serve(account, serving, print);
  });
}
