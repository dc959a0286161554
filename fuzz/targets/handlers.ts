import { gzipSync } from 'node:zlib';
import * as remediationRequest from '../../events/remediation-request.ts';
import * as scheduled from '../../events/scheduled.ts';
import { REMEDIATIONS } from '../../functions/remediations.ts';
import type { Remediation, Start } from '../../functions/shared/declaration/remediation.ts';
import { exampleRecord } from '../../functions/shared/records/record.fixture.ts';
import type { Target } from '../target.ts';
import { answerOf, planted } from './answer.ts';
import type { Stage } from './stage.ts';

/** The worker of the samples. The stage has another one, which takes its place. */
const SAMPLE_WORKER = 'i-0f3a5c7e9b1d2f4a6';
/** CPU of an invocation whose event has no length, ms: it makes some dozens of calls to the account. */
const ALLOWANCE_MS = 600;

/** How the events of a function come to it. */
interface Intake {
  /** @throws SyntaxError for what Lambda refuses before any function sees it */
  readonly eventOf: (text: string) => unknown;
  readonly rejects: readonly string[];
}

const INTAKES: Readonly<Record<Start['by'], Intake>> = {
  queue: { eventOf: delivery, rejects: [] },
  records: { eventOf: subscription, rejects: ['FindingsRefused'] },
  schedule: { eventOf: JSON.parse, rejects: ['SyntaxError', 'ZodError'] },
  widget: { eventOf: JSON.parse, rejects: ['SyntaxError'] },
};

/** The handlers of all functions, each with the intake that Lambda gives it. */
export const handlerTargets = (stage: Stage): Target[] =>
  REMEDIATIONS.map((declared: Remediation): Target => {
    const { name, start } = declared;
    const { eventOf, rejects } = INTAKES[start.by];
    return {
      name,
      allowance: ALLOWANCE_MS,
      seeds: seedsOf(declared),
      rejects,
      async run(text) {
        const given = planted(text).replaceAll(SAMPLE_WORKER, await stage.worker());
        return answerOf(given, await stage.perform(name, eventOf(given)));
      },
    };
  });

let messages = 0;

/**
 * The event by which Lambda delivers one message of a queue. SQS takes no message without a body, and only characters
 * that XML allows (SQS API reference, SendMessage).
 */
function delivery(text: string): object {
  messages += 1;
  const body =
    text.toWellFormed().replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD') || ' ';
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: '1784052000000' };
  const eventSourceARN = 'arn:aws:sqs:eu-central-1:111122223333:queue';
  const messageId = `message-${messages}`;
  return {
    Records: [{ messageId, receiptHandle: 'none', body, attributes, messageAttributes: {}, eventSourceARN }],
  };
}

/** The event by which CloudWatch Logs delivers one line. */
function subscription(message: string): object {
  const json = JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents: [{ id: '1', timestamp: 0, message }] });
  return { awslogs: { data: gzipSync(json).toString('base64') } };
}

function seedsOf({ name, start, events, requests, subject }: Remediation): string[] {
  const samples: object[] = Object.values(events).map(({ event }) => event.sample);
  const about = subject === 'instance' ? { instanceId: SAMPLE_WORKER } : { clusterName: 'shop', nodegroupName: 'web' };
  const { sample } = remediationRequest;
  const { why, requestedBy } = sample.detail;
  for (const action of requests.filter(remediationRequest.isRequestedAction))
    samples.push({ ...sample, detail: { remediation: name, action, ...about, why, requestedBy } });
  if (start.by === 'schedule') samples.push(scheduled.sample);
  if (start.by === 'records')
    samples.push(exampleRecord, { ...exampleRecord, instance: SAMPLE_WORKER, decision: 'failed' });
  if (start.by === 'widget') samples.push(...(name === 'request-actions' ? PRESSED : VIEWED));
  return samples.map((each) => JSON.stringify(each));
}

const CONTEXT = {
  dashboardName: 'eks-host-remediator',
  theme: 'dark',
  width: 1_200,
  height: 600,
  timezone: { label: 'UTC', offsetISO: '+00:00', offsetInMinutes: 0 },
  timeRange: { mode: 'relative', start: 1_784_030_400_000, end: 1_784_059_200_000 },
};
const FORM = { 'ehr-who': 'Ada', 'ehr-why': 'looked into it', 'ehr-by': '2h' };
const FILTER = { 'ehr-find': 'shop', 'ehr-decision': 'acted', 'ehr-function': 'upgrade-node-groups' };
const GROUP = { cluster: 'shop', nodegroup: 'web' };

/** Calls of the widget by CloudWatch. */
const VIEWED: readonly object[] = [
  { describe: true },
  { widgetContext: { ...CONTEXT, forms: { all: FILTER } }, trail: [{ second: 1_784_050_000, skip: 3 }] },
  { page: 'plan', subject: { cluster: 'shop' }, widgetContext: CONTEXT },
  { page: 'posture', subject: GROUP, widgetContext: CONTEXT },
  { subject: GROUP, awaits: '5d2c8a1e-7f4b-4c06-9e3a-b1f0d8c6a472', widgetContext: CONTEXT },
  { filter: { find: 'web', decision: 'failed', remediation: '' }, cleared: true, widgetContext: CONTEXT },
];

/** Buttons of the widget, as they are pressed. */
const PRESSED: readonly object[] = [
  { action: 'release', remediation: 'quarantine-workers', subject: { instance: SAMPLE_WORKER } },
  { action: 'extend', remediation: 'quarantine-workers', subject: { instance: SAMPLE_WORKER } },
  { action: 'retry', remediation: 'upgrade-node-groups', subject: GROUP },
  { action: 'approve', all: [{ remediation: 'upgrade-node-groups', subject: GROUP, plan: '0123456789' }] },
].map((offer) => ({ ...offer, widgetContext: { ...CONTEXT, forms: { all: FORM } } }));
