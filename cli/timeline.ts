import { styleText } from 'node:util';
import type { DecisionKind } from '../functions/shared/records/record.ts';
import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { recordSubject } from '../functions/shared/records/record-subject.ts';
import { visible } from '../functions/shared/text/visible.ts';
import { widthOf, wrap } from './wrap.ts';

const LOOKS: Readonly<
  Record<DecisionKind, { readonly mark: string; readonly style: Parameters<typeof styleText>[0] }>
> = {
  acted: { mark: '▶', style: 'cyan' },
  'would-act': { mark: '▷', style: 'cyan' },
  waiting: { mark: '…', style: 'dim' },
  skipped: { mark: '–', style: 'dim' },
  refused: { mark: '✋', style: 'yellow' },
  failed: { mark: '✗', style: 'red' },
  done: { mark: '✓', style: 'green' },
};

/** Indentation of what follows below a line, characters. */
const INDENT = 34;

/** Styles text where stdout is a terminal that supports colours. Node itself respects NO_COLOR and the like. */
const styled = (style: Parameters<typeof styleText>[0], text: string): string =>
  styleText(style, text, { stream: process.stdout });

export interface TimelineOptions {
  /** Whether each line is followed by its trigger. */
  readonly origins?: boolean;
  /** Width of the terminal, characters; undefined where lines are not wrapped. */
  readonly width?: number | undefined;
  /** Whether counts of sweeps and findings are shown, too. */
  readonly counts?: boolean;
}

/**
 * Writes records as a timeline, one line each, with a heading for each new day. Consecutive records of healthy agents
 * become one line per node group. Text that others wrote into a record cannot break a line.
 */
export function createTimeline(
  write: (text: string) => void,
  { origins = false, width, counts = false }: TimelineOptions = {},
) {
  let day = '';
  let verified: ReadRecord[] = [];

  const line = (record: ReadRecord, message = messageOf(record)): void => {
    const [date = '', time = ''] = record.time.split('T');
    if (date !== day) write(`\n${styled('bold', date)}`);
    day = date;
    const { mark, style } = LOOKS[record.decision];
    const subject = visible(
      recordSubject({ cluster: record.cluster, nodegroup: record.nodegroup }) || record.remediation,
    );
    const what = `${mark} ${visible(record.reason).padEnd(21)}`;
    const head = `  ${styled('dim', time.slice(0, 8))}  ${subject.padEnd(20)} ${styled(style, what)} `;
    const [first = '', ...others] = wrap(visible(message), width === undefined ? undefined : width - widthOf(head));
    write(head + first);
    const below = (text: string): void => {
      for (const part of wrap(text, width === undefined ? undefined : width - INDENT)) write(' '.repeat(INDENT) + part);
    };
    if (others.length > 0) below(others.join(' '));
    const more = (text: string): void => {
      for (const part of wrap(visible(text), width === undefined ? undefined : width - INDENT))
        write(`${' '.repeat(INDENT)}${styled('dim', part)}`);
    };
    if (record.hint !== undefined) more(`→ ${record.hint}`);
    const { overrides } = record.details ?? {};
    if (origins && Array.isArray(overrides)) more(`by the policy's overrides: ${overrides.join(', ')}`);
    if (origins) more(`← ${record.trigger.type}, ${record.trigger.id}`);
  };

  /** Writes the held-back records: one line per node group. */
  const flush = (): void => {
    for (const [first, ...others] of Map.groupBy(verified, groupOf).values()) {
      if (first === undefined) continue;
      line(first, others.length === 0 ? undefined : `The agents of ${others.length + 1} workers answer.`);
    }
    verified = [];
  };

  const add = (record: ReadRecord): void => {
    if (!counts && isCount(record)) return;
    if (record.reason === 'agent-verified') {
      verified.push(record);
      return;
    }
    flush();
    line(record);
  };
  return { add, flush };
}

/** Reasons that an incident can do without: a sweep has finished, or findings were counted. */
const COUNTS: ReadonlySet<string> = new Set(['sweep-finished', 'findings-counted']);

/** Whether a record only counts the result of one event, and decides about no resource. */
export const isCount = ({ reason }: ReadRecord): boolean => COUNTS.has(reason);

/** What is told of a record: its subject is shown without the worker. */
const messageOf = ({ instance, message }: ReadRecord): string =>
  instance === undefined ? message : `${instance}: ${message}`;

const groupOf = ({ cluster, nodegroup }: ReadRecord): string => `${cluster}/${nodegroup}`;
