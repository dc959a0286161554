import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type DeployedFunction, deployedFunctions } from '../infra/deployed-functions.ts';
import { PRICES } from '../infra/prices.ts';
import { synthesize } from '../infra/synthesize.ts';
import { BUDGETS } from './budgets.ts';
import { idleBill, totalOf } from './idle-bill.ts';
import { costOf, observeRun } from './observability.ts';
import { median, renderTable } from './table.ts';

// The cold start of each function: the size of its bundle, and how long Node takes to load it in a fresh process,
// compared with a Node that loads nothing. `npm run bench -- 31` makes 31 runs of each. Then the cost of logs and
// metrics, measured on simulated fleets.

const runs = Number(process.argv[2] ?? 15);

if (!Number.isInteger(runs) || runs < 1) {
  console.error('usage: npm run bench -- [runs], a whole number of runs from 1');
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-bench-'));
try {
  const template = await synthesize({ outdir: directory });
  const functions = deployedFunctions(template);
  const bare: number[] = [];
  const imports = new Map<string, number[]>(functions.map(({ name }) => [name, []]));
  // Runs are interleaved, so that a busy moment of the machine affects all alike.
  for (let run = 0; run < runs; run++) {
    bare.push(timeNode('0', {}));
    for (const each of functions) {
      imports.get(each.name)?.push(timeNode(`require(${JSON.stringify(each.bundle)})`, settingsOf(each)));
    }
  }

  const rows = functions.map(({ name, bundle }) => ({
    name,
    bytes: statSync(bundle).size,
    laterBytes: statSync(join(dirname(bundle), 'kubernetes-client.js'), { throwIfNoEntry: false })?.size,
    milliseconds: median(imports.get(name) ?? []),
  }));
  console.log(
    renderTable([
      ['function', 'bundle bytes', 'loaded when needed', 'import ms', 'over bare ms'],
      ...rows.map(({ name, bytes, laterBytes, milliseconds }) => [
        name,
        bytes.toLocaleString('en'),
        laterBytes?.toLocaleString('en') ?? '',
        milliseconds.toFixed(1),
        (milliseconds - median(bare)).toFixed(1),
      ]),
      ['node -e 0', '', '', median(bare).toFixed(1), ''],
    ]),
  );
  console.log(`medians of ${runs} fresh processes each, Node ${process.version}, ${process.platform} ${process.arch}`);
  for (const { name } of rows.filter(({ bytes }) => bytes >= BUDGETS.bundleBytes)) {
    console.error(`${name}: its bundle is not below ${BUDGETS.bundleBytes.toLocaleString('en')} bytes`);
    process.exitCode = 1;
  }
  await printObservability(template);
  await printIdleBill(template);
} finally {
  rmSync(directory, { recursive: true });
}

async function printIdleBill(template: string): Promise<void> {
  const bill = await idleBill(template);
  const total = totalOf(bill);
  const lines = bill.map(({ item, count, price }) => [item, String(count), (count * price).toFixed(2)]);
  console.log(`\n${renderTable([['idle stack', 'count', '$ a month'], ...lines, ['together', '', total.toFixed(2)]])}`);
  if (total <= BUDGETS.idleDollarsPerMonth) return;
  console.error(`an idle stack costs more than ${BUDGETS.idleDollarsPerMonth} dollars a month`);
  process.exitCode = 1;
}

/** The cost of logs and metrics, for a busy day and for a typical week. */
async function printObservability(template: string): Promise<void> {
  const played = [
    { name: 'mixed.json, a day', observed: await observeRun(template, 'mixed', 24) },
    { name: 'year.json, a week', observed: await observeRun(template, 'year', 7 * 24) },
  ];
  const dollars = (amount: number): string => amount.toFixed(4);
  console.log(
    `\n${renderTable([
      [
        'played',
        'records',
        'bytes a record',
        'log bytes',
        'of these EMF',
        'metrics',
        '$ a month: logs',
        'metrics',
        'fixed',
      ],
      ...played.map(({ name, observed }) => {
        const { records, bytes, metrics } = observed;
        const { logsPerMonth, metricsPerMonth, fixedPerMonth } = costOf(observed);
        return [
          name,
          String(records),
          String(Math.round(bytes.records / records)),
          (bytes.records + bytes.metrics + bytes.other).toLocaleString('en'),
          bytes.metrics.toLocaleString('en'),
          String(metrics),
          dollars(logsPerMonth),
          dollars(metricsPerMonth),
          fixedPerMonth.toFixed(2),
        ];
      }),
    ])}`,
  );
  for (const { name, observed } of played) {
    const { recordsPerThousand, logsPerThousand, metricsPerThousand } = costOf(observed);
    console.log(
      `${name}: per 1,000 records $${dollars(recordsPerThousand)} for their own lines, $${dollars(logsPerThousand)} for all log lines, $${dollars(metricsPerThousand)} for metrics`,
    );
  }
  console.log(`list prices of us-east-1, ${PRICES.date}, without the free tier; fixed: alarms and dashboard`);
}

/**
 * The environment variables of the template. A value that CloudFormation would insert is replaced by a valid sample,
 * which suffices for loading.
 */
function settingsOf({ environment }: DeployedFunction): Record<string, string> {
  const settings = Object.entries(environment).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : name.endsWith('_ARN') ? 'arn:aws:sqs:::example' : 'https://example.com/',
  ]);
  return { AWS_REGION: 'eu-central-1', ...Object.fromEntries(settings) };
}

/** Milliseconds from start to end of a fresh Node process that runs `code`. */
function timeNode(code: string, environment: Readonly<Record<string, string>>): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['-e', code], { env: environment, encoding: 'utf8' });
  const milliseconds = performance.now() - start;
  if (status !== 0) throw new Error(`node -e ${code} failed:\n${stderr}`);
  return milliseconds;
}
