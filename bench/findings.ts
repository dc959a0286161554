import { join } from 'node:path';
import type { SQSRecord } from 'aws-lambda';
import { parsePolicy } from '../functions/policy-document.ts';
import { recordIn } from '../functions/shared/records/record-line.ts';
import { readBatch } from '../functions/triage-findings/batch.ts';
import { groupClaims, narrow } from '../functions/triage-findings/narrow.ts';
import { FUNCTION_MEMORY_MB } from '../infra/function-memory.ts';
import { PRICES } from '../infra/prices.ts';
import { findingEvent } from '../sandbox/account/inspector/events.ts';
import type { CallRecord } from '../sandbox/account/service.ts';
import { readFleet } from '../sandbox/cli/arguments.ts';
import { withDeployment } from '../sandbox/cli/deployment.ts';
import { type EmbeddedAccount, openAccount } from '../sandbox/embedded-account.ts';
import { median, renderTable } from './table.ts';

// The cost of one Inspector finding, measured in the storm of sandbox/fleets/findings-storm.json: 25,000 findings on
// 1,000 workers, each delivered twice. The sandbox supplies calls and waiting times; computing time is measured here.

const MEMORY_GB = FUNCTION_MEMORY_MB / 1_024;
/** Lambda gives a function of 1,769 MB one vCPU, and a smaller one proportionally less (Lambda developer guide). */
const VCPU_SHARE = FUNCTION_MEMORY_MB / 1769;
const MESSAGES_PER_BATCH = 1000;
/** The poller receives and deletes up to ten messages per request; each message is sent by one request. */
const SQS_REQUESTS_PER_MESSAGE = 1 + 2 / 10;
const FUNCTION = 'triage-findings';
/** Keeps upgrades waiting, because events of replaced nodes would add to the figures. */
const POLICY = '{"upgrades":{"windows":[{"cron":"0 3 * * *","duration":"1h"}]}}';
const MINUTE_MS = 60_000;

const fleet = readFleet(join(import.meta.dirname, '..', 'sandbox', 'fleets', 'findings-storm.json'));

await withDeployment(async (synthesized) => {
  const calls: CallRecord[] = [];
  let deployedName = '';
  let [billedMs, invocations, logBytes, messages] = [0, 0, 0, 0];
  const account = await openAccount({
    fleet,
    synthesized,
    seed: 1,
    policy: POLICY,
    faults: { duplicateEvents: true },
    onCall: (call) => {
      if (call.function === FUNCTION) calls.push(call);
    },
    onLine: (line, _group, stream) => {
      if (!stream.includes(`/${deployedName}[`)) return;
      logBytes += Buffer.byteLength(line);
      if (line.includes('"platform.report"')) {
        billedMs += Number(JSON.parse(line).record.metrics.billedDurationMs);
        invocations += 1;
      }
      const { reason, details } = recordIn(line) ?? {};
      if (reason === 'findings-counted') messages += Number(details?.received);
    },
  });
  deployedName = account.lambda.functions.find(({ label }) => label === FUNCTION)?.name ?? '';
  await account.play(80 * MINUTE_MS);

  if (messages === 0) throw new Error('The storm did not reach the function: there is nothing to measure.');
  const computeMs = ((computeMsPerBatch(account) / VCPU_SHARE) * messages) / MESSAGES_PER_BATCH;
  const count = (operation: string) => calls.filter((call) => call.operation === operation).length;
  const rows: Array<[what: string, amount: string, dollars: number]> = [
    [
      'Lambda time',
      `${((billedMs + computeMs) / 1000).toFixed(0)} s`,
      ((billedMs + computeMs) / 1000) * MEMORY_GB * PRICES.lambdaGbSecond,
    ],
    ['Lambda requests', String(invocations), invocations * PRICES.lambdaRequest],
    [
      'SQS requests',
      (messages * SQS_REQUESTS_PER_MESSAGE).toFixed(0),
      messages * SQS_REQUESTS_PER_MESSAGE * PRICES.sqsRequest,
    ],
    ['DynamoDB read units', String(readUnits(calls)), readUnits(calls) * PRICES.dynamoDbReadUnit],
    ['DynamoDB write units', String(count('PutItem')), count('PutItem') * PRICES.dynamoDbWriteUnit],
    ['log bytes', logBytes.toLocaleString('en'), (logBytes / 1e9) * PRICES.logsGigabyte],
  ];
  const total = rows.reduce((sum, [, , dollars]) => sum + dollars, 0);
  const micro = (dollars: number) => ((dollars / messages) * 1e6).toFixed(3);
  console.log(
    renderTable([
      ['findings', 'amount', 'millionths of a US$ per event'],
      ...rows.map(([what, amount, dollars]) => [what, amount, micro(dollars)]),
      ['together', '', micro(total)],
    ]),
  );
  const reads = calls.filter(({ operation }) => /^(List|Describe|Get|BatchGet|Query)/.test(operation)).length;
  console.log(
    `${messages.toLocaleString('en')} events cost US$ ${total.toFixed(3)} and ${reads} reading calls; list prices of us-east-1 of ${PRICES.date}. EventBridge charges nothing for events of AWS services.\n`,
  );
});

/** A consistent read of an item of up to 4 kB costs one unit. */
function readUnits(calls: readonly CallRecord[]): number {
  return calls
    .filter(({ operation }) => operation === 'BatchGetItem')
    .reduce((sum, { input }) => sum + (JSON.stringify(input).match(/"sk":/g)?.length ?? 0), 0);
}

/** How long this machine takes to read, narrow and group a batch, ms: nearly all that the function computes. */
function computeMsPerBatch({ world, fleet: { inspector } }: EmbeddedAccount): number {
  const policy = parsePolicy('{}', 'enforce');
  if ('error' in policy) throw new Error(policy.error);
  const batch = inspector
    .findings()
    .slice(0, MESSAGES_PER_BATCH)
    .map((finding, index) => {
      const { detailType, ...event } = findingEvent(world, finding);
      const { accountId: account, region } = world;
      const time = new Date(world.time.now).toISOString();
      return messageOf({ version: '0', id: String(index), 'detail-type': detailType, account, region, time, ...event });
    });
  const times = Array.from({ length: 15 }, () => {
    const start = performance.now();
    const { worthwhile } = narrow(readBatch(batch).batch.claims, policy.findings);
    groupClaims(worthwhile, new Map(), () => policy.findings);
    return performance.now() - start;
  });
  return median(times);
}

function messageOf(event: object): SQSRecord {
  return {
    messageId: '',
    receiptHandle: '',
    body: JSON.stringify(event),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  };
}
