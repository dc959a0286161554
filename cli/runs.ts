import { REMEDIATIONS } from '../functions/remediations.ts';
import { constructIdOf } from '../functions/shared/declaration/construct-id.ts';
import { ANY_FUNCTION } from '../functions/shared/runtime/metric.ts';
import type { Surroundings } from './command.ts';
import { queryLogs } from './insights.ts';

/** The runs of one function. */
export interface Runs {
  /** The name that records use. Where nothing tells it, the name that Lambda uses. */
  readonly name: string;
  readonly runs: number;
  readonly failed: number;
  /** Epoch milliseconds. */
  readonly lastRun: number;
}

/** Lambda's own report of every run, also of one that it stopped. A status but `success` is a failure. */
const REPORTED = `filter type = "platform.report"
| stats count(*) as runs, max(@timestamp) as lastRun by @logStream, \`record.status\``;

/**
 * The names that functions give themselves in their metrics. A run that publishes none has no such line. The metrics that
 * all functions share are in a line of their own, which names none.
 */
const NAMED = `filter ispresent(service) and service != "${ANY_FUNCTION}" and ispresent(\`_aws.Timestamp\`)
| stats count(*) as lines by service, @logStream`;

/**
 * Counts the runs of each function.
 * @param since epoch milliseconds
 */
export async function readRuns(
  surroundings: Pick<Surroundings, 'clients' | 'stack' | 'clock' | 'sleep'>,
  since: number,
): Promise<Runs[]> {
  const [reported, named] = await Promise.all([
    queryLogs(surroundings, REPORTED, since),
    queryLogs(surroundings, NAMED, since),
  ]);
  const names = new Map(named.map(({ service = '', '@logStream': stream = '' }) => [functionOf(stream), service]));
  const reports = reported.map(({ '@logStream': stream = '', runs, lastRun, 'record.status': status }) => {
    const invoked = functionOf(stream);
    return {
      name: names.get(invoked) ?? declaredAs(invoked) ?? invoked,
      runs: Number(runs),
      failed: status === 'success' ? 0 : Number(runs),
      lastRun: Number(lastRun),
    };
  });
  return [...Map.groupBy(reports, ({ name }) => name)]
    .map(([name, group]) => ({
      name,
      runs: sum(group.map(({ runs }) => runs)),
      failed: sum(group.map(({ failed }) => failed)),
      lastRun: Math.max(...group.map(({ lastRun }) => lastRun)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The name of the function that Lambda calls so: CloudFormation puts the id of its construct into Lambda's name. */
const declaredAs = (invoked: string): string | undefined =>
  REMEDIATIONS.find(({ name }) => invoked.includes(constructIdOf(name)))?.name;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/**
 * The function's name in a log stream's name, which is `2026/07/14/FUNCTION[VERSION]ENVIRONMENT` where several
 * functions share a log group.
 */
function functionOf(stream: string): string {
  const last = stream.slice(stream.lastIndexOf('/') + 1);
  const [name = '', ...rest] = last.split('[');
  return name !== '' && rest.some((each) => each.includes(']')) ? name : stream;
}
