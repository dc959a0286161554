import type { RemediationIncident } from '../../events/remediation-incident.ts';
import { STATE_NAMES } from '../shared/records/current-state.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { recordSubject } from '../shared/records/record-subject.ts';
import { inShell } from '../shared/text/in-shell.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';
import { visible } from '../shared/text/visible.ts';
import type { Bundle } from './bundle.ts';

/** How many subjects a message lists by name. */
const NAMED = 20;

/**
 * The most that Amazon Q Developer in chat applications (AWS Chatbot) shows of a custom notification, in characters.
 */
const LONGEST_TITLE = 250;
const LONGEST_DESCRIPTION = 8_000;

/**
 * How long the message or hint of one record may become, in characters. SNS takes 262,144 bytes for both formats
 * together, and refuses a longer message with all its news.
 */
const LONGEST_TEXT = 2_000;

/** An SNS subject is ASCII, shorter than 100 characters, without line breaks. */
const LONGEST_SUBJECT = 99;

/** A message for the topic, in one format for chat applications and one for mail. */
export interface Message {
  readonly subject: string;
  /** A custom notification of Amazon Q Developer in chat applications, as JSON. */
  readonly chat: string;
  readonly mail: string;
}

/** @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html */
export function messageOf({ first, news }: Bundle, stack: string): Message {
  const { phase, severity, record, state } = first;
  const { remediation, decision, reason, hint, account, region, correlationId } = record;
  const title = `${placeOf(first.record)}${news.length > 1 ? ` and ${news.length - 1} more` : ''}: ${reason}`;
  const named = news.slice(0, NAMED).map((one) => `${placeOf(one.record)}: ${textOf(one.record.message)}`);
  const lines = news.length > NAMED ? [...named, `... and ${news.length - NAMED} more`] : named;
  const nextSteps = [
    ...(hint === undefined ? [] : [textOf(hint)]),
    `${OPERATOR_COMMAND} explain ${visible(inShell(argumentOf(record)))} --stack ${stack} --region ${region}`,
  ];
  const facts = { phase, severity, state: STATE_NAMES[state], decision, reason, remediation, account, region };
  const chat = {
    version: '1.0',
    source: 'custom',
    id: record.id,
    content: {
      textType: 'client-markdown',
      title: cut(inChat(`[${severity}] ${title}`), LONGEST_TITLE),
      description: cut(inChat(lines.join('\n')), LONGEST_DESCRIPTION),
      nextSteps: nextSteps.map(inChat),
      keywords: [remediation, reason, severity],
    },
    metadata: {
      threadId: correlationId,
      summary: cut(inChat(title), LONGEST_TITLE),
      eventType: 'remediation-incident',
      relatedResources: news.slice(0, NAMED).map((one) => inChat(placeOf(one.record))),
      additionalContext: facts,
    },
  };
  const mail = [
    lines.join('\n'),
    '',
    ...nextSteps.map((step) => `-> ${step}`),
    '',
    ...Object.entries({ ...facts, correlationId, time: record.time }).map(([name, value]) => `${name}: ${value}`),
  ];
  const subject = `[${stack}] ${severity}, ${phase}: ${title}`.replaceAll(/[^ -~]/g, '?');
  return { subject: cut(subject, LONGEST_SUBJECT), chat: JSON.stringify(chat), mail: mail.join('\n') };
}

/** The detail of the event with the same content. */
export function incidentEvent({ first, news }: Bundle): RemediationIncident['detail'] {
  const { phase, severity, record, state } = first;
  const { remediation, decision, reason, hint, correlationId, time } = record;
  return {
    version: 1,
    phase,
    severity,
    remediation,
    decision,
    state,
    reason,
    ...(hint !== undefined && { hint: cut(hint, LONGEST_TEXT) }),
    correlationId,
    startedAt: time,
    subjects: news.slice(0, NAMED).map(({ record: { cluster, nodegroup, instance, message, id } }) => ({
      ...(cluster !== undefined && { cluster }),
      ...(nodegroup !== undefined && { nodegroup }),
      ...(instance !== undefined && { instance }),
      message: cut(message, LONGEST_TEXT),
      recordId: id,
    })),
    moreSubjects: Math.max(0, news.length - NAMED),
  };
}

/** The subject of a record, for people. Its names may come from tags, which anybody may set. */
const placeOf = (record: ReadRecord): string => visible(recordSubject(record) || `account ${record.account}`);

/** A text of a record, for people, as one line. It may quote whoever writes tags, Kubernetes objects or requests. */
const textOf = (text: string): string => visible(cut(text, LONGEST_TEXT));

/**
 * A text for a chat, without links and mentions whose words hide where they lead: `[words](URL)` of Markdown, and `<URL|words>`
 * and `<!channel>` of Slack. Sources: CommonMark, "Links"; Slack, "Formatting text for app surfaces".
 */
const inChat = (text: string): string => text.replaceAll('](', '] (').replaceAll(/<(?=\S)/g, '< ');

/** The argument of the `explain` command in the message. */
const argumentOf = ({ cluster, nodegroup, instance, trigger }: ReadRecord): string =>
  instance ?? (recordSubject({ cluster, nodegroup }) || trigger.id);

/** A half of a character that is cut in two is replaced, since no service takes it for text. */
const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 3).toWellFormed()}...`;
