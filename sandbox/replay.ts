import { join } from 'node:path';
import { enter, takeNone } from '../cli/entry.ts';
import { print } from '../cli/output.ts';
import { readFleet } from './cli/arguments.ts';
import { withDeployment } from './cli/deployment.ts';
import { judgeReplay, type Replay, replayFleet } from './replay/replay-fleet.ts';
import { monthLine, summary } from './replay/report.ts';
import { DEFAULT_RULES } from './replay/rules.ts';

/**
 * `npm run replay`: runs three clusters through a year of real EKS AMI releases under the default policy, and compares
 * each node group's updates with what the release history leads one to expect. Exit code 1 if anything violated the
 * rules.
 */

/** Two days after the last release of the history, which is time to bake and to be rolled out. */
const END = Date.parse('2026-07-17T00:00:00Z');

const USAGE = `Usage: npm run replay

Three clusters live through the real EKS AMI releases of a year under the default policy: some minutes. Each node group's
updates are held against what the release history lets one expect.

  -h, --help   this

Exit codes: 0 as expected; 1 something went against the rules; 2 a wrong argument.`;

const fleet = readFleet(join(import.meta.dirname, 'fleets', 'year.json'));
const duration = END - Date.parse(fleet.startsAt);
const realStart = performance.now();
let month = fleet.startsAt.slice(0, 7);

/** Prints a line for each month that is over. */
function report(soFar: Replay): void {
  const now = new Date(soFar.account.time.now).toISOString();
  if (now.startsWith(month) && soFar.account.time.now < END) return;
  print(monthLine(soFar, month));
  month = now.slice(0, 7);
}

async function replayYear(): Promise<void> {
  print(`${fleet.description}\n`);
  await withDeployment(async (synthesized) => {
    const replay = await replayFleet({ fleet, synthesized, duration, onSample: report });
    const verdict = judgeReplay(replay, fleet, DEFAULT_RULES);
    print(`\n${summary(replay, verdict, (performance.now() - realStart) / 1000)}`);
    if (verdict.faults.length > 0) process.exitCode = 1;
  });
}

await enter(process.argv.slice(2), USAGE, async (argv) => {
  takeNone(argv, USAGE);
  await replayYear();
});
