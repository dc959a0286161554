import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { enter } from '../cli/entry.ts';
import { UsageError } from '../cli/usage-error.ts';
import { synthesize } from '../infra/synthesize.ts';
import { figureTables } from './figure-tables.ts';
import { breachesOf, type Figures, measureFigures } from './figures.ts';
import { printMoney } from './money.ts';
import { performancePages } from './page.ts';
import { renderTable } from './table.ts';

const USAGE = `Usage: npm run bench [-- [--json | --write] [--large] [RUNS]]

Measures the size of the functions' bundles, the computing of Node.js to load each, and the time, CPU, memory and calls of
an exposed launch, a burst of 500 and a sweep. With neither --json nor --write, it also measures the cost of a finding in
a storm of 25,000, and of logs and metrics. It takes some minutes. See docs/performance.md.

  RUNS         how often each bundle is loaded, a whole number from 1 (default: 15)
  --json       print the figures as JSON, and nothing else
  --write      write docs/performance.md and what it shows
  --large      sweep 100,000 workers, too, which takes many minutes more
  -h, --help   this

Exit codes: 0 measured; 1 a figure is above its budget; 2 a wrong argument.`;

const LAUNCHES = [10, 100, 10_000];
const BURST = { launches: 500, concurrencies: [2, 8, 16, 32] };
const SWEEPS = [100, 1_000, 10_000];
const LARGE = 100_000;

await enter(process.argv.slice(2), USAGE, async (argv) => {
  const { json, write, large, runs } = readArguments(argv);
  if (!json && !write) await import('./findings.ts');
  const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-bench-'));
  try {
    const template = await synthesize({ outdir: directory });
    const sweeps = large ? [...SWEEPS, LARGE] : SWEEPS;
    const figures = await measureFigures(template, { runs, launches: LAUNCHES, burst: BURST, sweeps });
    if (json) console.log(JSON.stringify(figures, null, 2));
    else print(figures);
    if (write) writePages(figures);
    if (!json && !write) await printMoney(template);
    for (const breach of breachesOf(figures)) {
      console.error(breach);
      process.exitCode = 1;
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** @throws UsageError for a wrong argument */
function readArguments(argv: readonly string[]) {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const options = { json: flag, write: flag, large: flag };
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [runs = '15', ...more] = positionals;
    if (more.length > 0) throw new UsageError(`"${more.join(' ')}": one number of RUNS is taken\n\n${USAGE}`);
    if (!/^[1-9]\d{0,5}$/.test(runs)) throw new UsageError(`RUNS: "${runs}" is no whole number from 1\n\n${USAGE}`);
    if (values.json && values.write) throw new UsageError(`give --json or --write, not both\n\n${USAGE}`);
    return { ...values, runs: Number(runs) };
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    throw new UsageError(`${error.message}\n\n${USAGE}`);
  }
}

function print(figures: Figures): void {
  for (const { title, rows } of Object.values(figureTables(figures))) console.log(`${title}\n${renderTable(rows)}\n`);
}

function writePages(figures: Figures): void {
  for (const [file, text] of Object.entries(performancePages(figures))) {
    writeFileSync(join(import.meta.dirname, '..', 'docs', file), text);
  }
}
