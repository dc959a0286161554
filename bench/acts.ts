import { FUNCTION_MEMORY_MB } from '../infra/function-memory.ts';
import { PRICES } from '../infra/prices.ts';
import type { CallRecord } from '../sandbox/account/service.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { startRun } from '../sandbox/play.ts';
import type { SynthesizedStack } from '../sandbox/stack/template.ts';
import { MEGABYTES_PER_CORE } from './sweeps.ts';

const HOUR = 3_600_000;
/** So many hours after its beginning everything that an act brings with it is over. */
const PLAYED_HOURS = 12;
/** Bytes that CloudWatch Logs counts for each event besides its text. */
const BYTES_PER_EVENT = 26;
/** Bytes of an item that writing bills as one unit. */
const WRITE_UNIT = 1_024;

const OLD = '1.33.12-20260625';
const NEW = '1.33.13-20260714';
const release = (at: string, releaseVersion: string) => ({
  at,
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
});

interface Act {
  readonly act: string;
  /** The reason of the record that says that the act is done. */
  readonly done: string;
  /** An address of its own makes a worker reachable only where the subnets route to the Internet. */
  readonly network: 'nat' | 'internet-without-address';
  /** What the fleet has more where the act happens. */
  readonly more: object;
}

/** A managed group of ten nodes. */
const fleetOf = (network: Act['network'], more: object = {}) => ({
  startsAt: '2026-07-14T00:00:00Z',
  releases: [release('-20d', OLD)],
  clusters: [{ name: 'shop', version: '1.33', network, nodeGroups: [{ name: 'web', desiredSize: 10 }] }],
  ...more,
});

const launch = (more: object) => ({
  launches: [{ at: '+1h', cluster: 'shop', nodeGroup: 'web', withinSeconds: 0, ...more }],
});
const ENFORCED = { upgrades: { mode: 'enforce', bakeAge: '0h', windows: [] } };

const ACTS: readonly Act[] = [
  {
    act: 'A worker with a public address is launched, and quarantined',
    done: 'quarantined',
    network: 'internet-without-address',
    more: launch({ exposure: { publicAddress: 'automatic', openPorts: [22] } }),
  },
  {
    act: 'A worker is launched, and its agent answers',
    done: 'agent-verified',
    network: 'nat',
    more: launch({}),
  },
  {
    act: 'A release comes out, and a group of ten nodes takes it',
    done: 'upgraded',
    network: 'nat',
    more: { releases: [release('-20d', OLD), release('+1h', NEW)] },
  },
];

/** What the service uses for an act, of all functions together. */
export interface ActFigures {
  readonly act: string;
  readonly calls: number;
  readonly invocations: number;
  /** Units that DynamoDB bills, where an item that is read has at most 4 KB, and a query finds no more. */
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly queueCalls: number;
  readonly logBytes: number;
  /** Time of the functions while calls wait for their answers, virtual ms. */
  readonly waitingMs: number;
}

/**
 * Plays each act, and counts what it takes beyond what the same fleet takes without it.
 *
 * @throws Error where an act is not done
 */
export async function measureActs(stack: SynthesizedStack): Promise<ActFigures[]> {
  const figures: ActFigures[] = [];
  for (const { act, done, network, more } of ACTS) {
    const { usage, reasons } = await play(stack, fleetOf(network, more));
    const anyway = await play(stack, fleetOf(network));
    if (!reasons.has(done)) throw new Error(`"${act}" does not end with ${done}`);
    const beyond = (count: keyof Usage): number => usage[count] - anyway.usage[count];
    figures.push({
      act,
      calls: beyond('calls'),
      invocations: beyond('invocations'),
      readUnits: beyond('readUnits'),
      writeUnits: beyond('writeUnits'),
      queueCalls: beyond('queueCalls'),
      logBytes: beyond('logBytes'),
      waitingMs: beyond('waitingMs'),
    });
  }
  return figures;
}

type Usage = Omit<ActFigures, 'act'>;

async function play(synthesized: SynthesizedStack, fleet: object) {
  const { account, calls, records } = await startRun({
    fleet: parseFleet(JSON.stringify(fleet), 'bench'),
    synthesized,
    policy: JSON.stringify(ENFORCED),
    inProcess: true,
  });
  let [logBytes, invocations, waitingMs] = [0, 0, 0];
  account.logs.onEvent((_group, { message }) => {
    logBytes += Buffer.byteLength(message) + BYTES_PER_EVENT;
  });
  account.lambda.onInvocation(({ durationMs }) => {
    invocations += 1;
    waitingMs += durationMs;
  });
  await account.play(PLAYED_HOURS * HOUR);
  const usage: Usage = {
    calls: calls.length,
    invocations,
    readUnits: sum(calls.map(readUnitsOf)),
    writeUnits: sum(calls.map(writeUnitsOf)),
    queueCalls: calls.filter(({ service }) => service === 'sqs').length,
    logBytes,
    waitingMs,
  };
  return { usage, reasons: new Set<string>(records.map(({ reason }) => reason)) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function readUnitsOf({ service, operation, input }: CallRecord): number {
  if (service !== 'dynamodb') return 0;
  if (operation === 'GetItem' || operation === 'Query') return 1;
  if (operation !== 'BatchGetItem') return 0;
  const tables = Object.values(input.RequestItems as Record<string, { readonly Keys: readonly unknown[] }>);
  return sum(tables.map(({ Keys }) => Keys.length));
}

function writeUnitsOf({ service, operation, input }: CallRecord): number {
  if (service !== 'dynamodb' || !/^(Put|Update|Delete)Item$/.test(operation)) return 0;
  return Math.ceil(JSON.stringify(input).length / WRITE_UNIT);
}

/**
 * What an act costs at list prices, US dollars. Lambda bills waiting and computing, the latter at the function's share
 * of a core.
 *
 * @param cpuMsPerCall CPU of a whole core that a function takes for each of its calls
 */
export function costOfAct(
  { calls, invocations, readUnits, writeUnits, queueCalls, logBytes, waitingMs }: Usage,
  cpuMsPerCall: number,
): number {
  const computingMs = calls * cpuMsPerCall * (MEGABYTES_PER_CORE / FUNCTION_MEMORY_MB);
  const gigabyteSeconds = ((waitingMs + computingMs) / 1_000) * (FUNCTION_MEMORY_MB / 1_024);
  return (
    gigabyteSeconds * PRICES.lambdaGbSecond +
    invocations * PRICES.lambdaRequest +
    readUnits * PRICES.dynamoDbReadUnit +
    writeUnits * PRICES.dynamoDbWriteUnit +
    queueCalls * PRICES.sqsRequest +
    (logBytes / 1e9) * PRICES.logsGigabyte
  );
}
