import { enter } from '../cli/entry.ts';
import { UsageError } from '../cli/usage-error.ts';

/** `npm run bench`: the cost of a finding, a cold start, logs and metrics. */
const USAGE = `Usage: npm run bench [-- RUNS]

Measures what a finding costs in a storm of 25,000 of them, how large the functions' bundles are and how long Node.js takes
to load each, and what logs and metrics cost: some minutes.

  RUNS         how often each bundle is loaded, a whole number from 1 (default: 15)
  -h, --help   this

Exit codes: 0 measured; 1 a bundle is too large; 2 a wrong argument.`;

await enter(process.argv.slice(2), USAGE, async ([runs, ...more]) => {
  if (more.length > 0) throw new UsageError(`"${more.join(' ')}": one number of RUNS is taken\n\n${USAGE}`);
  if (runs !== undefined && !/^[1-9]\d{0,5}$/.test(runs)) {
    throw new UsageError(`RUNS: "${runs}" is no whole number from 1\n\n${USAGE}`);
  }
  // Each module measures when it is loaded. The second one reads RUNS itself.
  await import('./findings.ts');
  await import('./bundles.ts');
});
