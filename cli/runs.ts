import { ANY_FUNCTION } from '../functions/shared/runtime/metric.ts';
import type { Surroundings } from './command.ts';
import { queryLogs } from './insights.ts';

/** The runs of one function. */
export interface Runs {
  /** The name that records use. Where the function never wrote a line itself, the name that Lambda uses. */
  readonly name: string;
  readonly runs: number;
  readonly failed: number;
  /** Epoch milliseconds. */
  readonly lastRun: number;
}

/**
 * Every run that ended, successfully or not, has written its own metrics once, into the stream of its environment. The
 * metrics that all functions share are in a line of their own, which counts no run.
 */
const ENDED = `filter ispresent(service) and service != "${ANY_FUNCTION}" and ispresent(\`_aws.Timestamp\`)
| stats count(*) as runs, sum(InvocationFailed) as failed, max(\`_aws.Timestamp\`) as lastRun by service, @logStream`;

/**
 * Lambda's own report of every failed run, including those that timed out or were killed before they could write
 * anything.
 */
const REPORTED = `filter type = "platform.report" and ispresent(\`record.status\`) and \`record.status\` != "success"
| stats count(*) as failed, max(@timestamp) as lastRun by @logStream`;

/** The figures of one log stream, which belongs to one environment of a function. */
interface Stream {
  readonly service?: string;
  runs: number;
  failed: number;
  lastRun: number;
}

/**
 * Counts the runs of each function.
 * @param since epoch milliseconds
 */
export async function readRuns(
  surroundings: Pick<Surroundings, 'clients' | 'stack' | 'clock' | 'sleep'>,
  since: number,
): Promise<Runs[]> {
  const [ended, reported] = await Promise.all([
    queryLogs(surroundings, ENDED, since),
    queryLogs(surroundings, REPORTED, since),
  ]);
  const streams = new Map<string, Stream>();
  for (const { service = '', '@logStream': stream = '', runs, failed, lastRun } of ended) {
    streams.set(stream, { service, runs: Number(runs), failed: Number(failed ?? 0), lastRun: Number(lastRun) });
  }
  for (const { '@logStream': stream = '', failed, lastRun } of reported) {
    const known = streams.get(stream) ?? { runs: 0, failed: 0, lastRun: 0 };
    // Lambda also reports failures that the run logged itself. Only the others are added.
    const silent = Math.max(0, Number(failed) - known.failed);
    streams.set(stream, {
      ...known,
      runs: known.runs + silent,
      failed: known.failed + silent,
      lastRun: Math.max(known.lastRun, Number(lastRun)),
    });
  }
  return byFunction(streams);
}

function byFunction(streams: ReadonlyMap<string, Stream>): Runs[] {
  // All runs of an environment may have timed out. Another environment of the function then supplies its name.
  const named = [...streams].filter(([, { service }]) => service !== undefined);
  const services = new Map(named.map(([stream, { service }]) => [functionOf(stream), service]));
  const groups = Map.groupBy(streams, ([stream, { service }]) => {
    const name = functionOf(stream);
    return service ?? services.get(name) ?? name;
  });
  return [...groups]
    .map(([name, group]) => ({
      name,
      runs: sum(group.map(([, { runs }]) => runs)),
      failed: sum(group.map(([, { failed }]) => failed)),
      lastRun: Math.max(...group.map(([, { lastRun }]) => lastRun)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

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
