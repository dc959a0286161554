import { markdownTable } from '../docs/markdown-table.ts';
import { PRICES } from '../infra/prices.ts';
import { BUDGETS } from './budgets.ts';
import { figureTables, type Table } from './figure-tables.ts';
import { breachesOf, type Figures } from './figures.ts';
import { drawGrowth } from './growth.ts';

const tableOf = ({ rows: [headings = [], ...rows] }: Table): string => markdownTable(headings, rows);

const mebibytes = (bytes: number): number => bytes / 2 ** 20;

/** The files of docs/ that show measured figures, by their names. */
export function performancePages(figures: Figures): Readonly<Record<string, string>> {
  return {
    'performance.json': `${JSON.stringify(figures, null, 2)}\n`,
    'performance.md': page(figures),
    'images/sweep-cpu.svg': growthOf(figures, 'CPU, s', ({ cpuMs }) => cpuMs / 1_000),
    'images/sweep-memory.svg': growthOf(figures, 'peak memory, MiB', ({ peakRssBytes }) => mebibytes(peakRssBytes)),
  };
}

function growthOf({ sweeps }: Figures, y: string, figureOf: (sweep: Figures['sweeps'][number]) => number): string {
  const lines = [...Map.groupBy(sweeps, ({ name }) => name)].map(([name, own]) => ({
    name,
    points: own.map((sweep) => [sweep.workers, figureOf(sweep)] as const),
  }));
  return drawGrowth(lines, { x: 'workers', y });
}

function page(figures: Figures): string {
  const { on, node, architecture, cores } = figures.made;
  const { imports, launches, bursts, sweeps, acts } = figureTables(figures);
  const [{ addresses } = { addresses: 0 }] = figures.sweeps;
  const { launch, burst, sweep, callsUntilClosing, look } = BUDGETS;
  return `# Performance

\`npm run bench -- --write\` measured these figures on ${on} and wrote this page: Node ${node}, ${architecture}, ${cores} cores that others
use, too. CPU is therefore the figure to trust, and times on the clock are its shadow. \`npm run bench\` fails where a figure is above its budget
in \`bench/budgets.ts\`.

## How each is made
- **Bundles** are loaded in fresh processes of Node, in turn with a Node that loads nothing: medians of ${figures.imports.runs} runs each.
- **A function alone**: its bundle runs in a process of its own, with the shares of its memory that Lambda's runtime gives to Node. The
  sandbox answers its calls over HTTP from another process, whose work does not count. The sandbox answers at once: the time that AWS takes
  to answer is missing, and with it most of what a user waits.
- **Lambda's share of a core** for a function of 512 MB is 512 / 1,769. A function computes that much longer there than here.

## Bundles
Budgets: ${BUDGETS.bundleBytes.toLocaleString('en')} bytes, ${BUDGETS.importRatio} × bare Node.

${tableOf(imports)}

The aim is 4 × on a quiet machine; the budget leaves room for a busy one. Of the import of \`quarantine-workers\`, a third is the parsing of its code, a third what its modules do when they are loaded, and the
rest Node's own start and its modules for HTTPS and signatures, which the first event needs. A schema that few first events need is built when it
is needed. The logger of failures and the parser of change windows lie in files of their own. What every first event needs is made at the
import: made later, it would lower the ratio, and delay that event all the same.

## An exposed launch
From the event of a launch to the call that closes the worker, by the size of its cluster. Budgets: ${launch.cpuMs.toLocaleString('en')} ms of CPU for the
whole look, the load of the bundle included, and ${mebibytes(launch.peakRssBytes)} MiB.

${tableOf(launches)}

What a look costs does not depend on the size of the cluster. Other workers of the group are in quarantine by then. In a fleet
where none is, \`test/first-call.proof.ts\` holds the calls to ${callsUntilClosing.managed} for a worker of a managed group, ${callsUntilClosing.selfManaged} for one of
a self-managed group, and ${callsUntilClosing.outsideOfGroups} for one of no group.

## A burst of exposed launches
Exposed workers that are launched in the same second, into five clusters, with the limits of quarantines lifted, by the number of
invocations that Lambda runs at a time. The stack allows 2, because a quarantine is limited to few workers at once anyway. Budget: 99 % are
closed after ${(burst.p99Ms / 1_000).toFixed(0)} s at a concurrency of ${burst.concurrency}.

${tableOf(bursts)}

The sandbox plays the burst in virtual time, in which each call takes 10 to 60 ms. Computing is added as if it never ran while a call waits: what a
function alone computes for one of 200 launches in a batch, at Lambda's share of a core. Starts of environments and EC2's limits of calls are not in it.

## A sweep
A look of a function at all workers of a fleet that it knows from an earlier sweep, at most 10,000 a cluster and one invocation a
cluster. Each worker has two interfaces and ${addresses} addresses. Budgets: ${sweep.cpuMsPerWorker} ms of CPU a worker, of these ${sweep.ownCpuMsPerWorker} beside the SDK's own, and
${sweep.cpuMsBase.toLocaleString('en')} ms once; ${mebibytes(sweep.peakRssBytes)} MiB; ${sweep.shareOfTimeout * 100} % of the timeout for what one invocation computes in Lambda. Memory
and timeout are judged by the first sweep, too, which writes what it learns.

${tableOf(sweeps)}

\`check-posture\` samples a cluster once a week, so that its second sweep finds nothing to do. The SDK's own is what a process takes that has the
memory of the function, makes the same reads with the SDK of the same release, and drops the answers: to sign and send the
requests, and to read the answers, of which the pages of instances are the most. Loading it does not count there, and does
for the function. The agents of these workers have never registered, so that \`manage-ssm-agent\` diagnoses each. A sweep of
100,000 workers is ten invocations for 10,000 each: \`npm run bench -- --large\` measures it.

![CPU of a sweep over the number of workers](images/sweep-cpu.svg)

![Peak memory of a sweep over the number of workers](images/sweep-memory.svg)

## The planner
A look at 2,000 node groups in 100 clusters takes at most ${look.cpuMs.toLocaleString('en')} ms of CPU and ${look.callsBeside} calls beside clusters, groups and pages:
[proof](proof.md#a-look-at-a-large-fleet).

## What it costs
An idle stack costs at most ${BUDGETS.idleDollarsPerMonth} dollars a month: [itemised](deploy.md). The hourly sweeps of a fleet come on top: the last
column of their table, at list prices of ${PRICES.date}, counts Lambda and the ledger. Lambda is billed for computing and for waiting there, 35 ms a call as the
sandbox takes on average, one call after the other, so that this is the most. Logs and metrics: [review](review.md#what-it-costs).

An act costs what all functions use for it in twelve hours of the sandbox, beyond what the same fleet uses without it. Lambda bills the calls'
waiting, and for computing as much a call as in the look at an exposed launch. Logs count when they are
written, without their storage. AWS charges nothing for its other API calls.

${tableOf(acts)}

${aboveBudget(figures)}## What runs when
- In CI: budgets of calls, the planner's CPU, the idle bill, and that this page says what \`docs/performance.json\` and \`bench/budgets.ts\` say.
- By hand, some minutes on two cores: \`npm run bench\`. With \`--large\` it also sweeps 100,000 workers.
`;
}

/** The section that names each figure above its budget; nothing where there is none. */
function aboveBudget(figures: Figures): string {
  const breaches = breachesOf(figures);
  if (breaches.length === 0) return '';
  return `## What is above its budget\n${breaches.map((breach) => `- ${breach}`).join('\n')}\n\n`;
}
