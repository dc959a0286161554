import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import type { ExitCode, Given, Surroundings } from './command.ts';
import { followRequest, sendRequest } from './request.ts';
import { readSubject } from './subject.ts';
import { createTimeline } from './timeline.ts';
import { UsageError } from './usage-error.ts';
import { jsonLine } from './visible.ts';

/** A worker or a node group, as the events name them. */
export type AskedAbout =
  | { readonly instanceId: string }
  | { readonly clusterName: string; readonly nodegroupName: string };

/**
 * Reads the one subject and the reason that every request needs.
 * @throws UsageError naming the argument that is wrong, with what would be right
 */
export function readAsked({ positionals, options }: Given): { about: AskedAbout; why: string } {
  const [text, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`"${more.join(' ')}": one SUBJECT at a time`);
  return { about: readAskedAbout(text), why: readWhy(options.why) };
}

function readAskedAbout(text: string | undefined): AskedAbout {
  const subject = readSubject(text);
  if ('instance' in subject) return { instanceId: subject.instance };
  if ('event' in subject || subject.nodegroup === undefined) {
    throw new UsageError(
      `SUBJECT: "${text}" is neither an instance id (i-0abc...) nor a node group (CLUSTER/NODEGROUP)`,
    );
  }
  return { clusterName: subject.cluster, nodegroupName: subject.nodegroup };
}

/** Why it is asked for stands in the records, so nobody may leave it out. */
function readWhy(text: Given['options'][string]): string {
  if (typeof text === 'string' && text.trim().length >= 3 && text.length <= 500) return text.trim();
  throw new UsageError('--why: say in 3 to 500 characters why, such as --why "the address is meant to be"');
}

export const WHY = { type: 'string' } as const;
export const WHY_HELP = '  --why TEXT         why; it stands in the records, beside who you are';

export interface AskOptions {
  readonly detailType: string;
  readonly detail: object & { readonly action: string };
  /** Which record is the last one to wait for. */
  readonly isOutcome: (record: ReadRecord) => boolean;
}

/** ms; `manage-ssm-agent` collects reconcile requests for half a minute, and two reconciles come of a request. */
const PATIENCE = 4 * 60_000;

/**
 * Sends a request and tells what comes of it, record by record.
 * @returns 1 when it is refused, or nothing is heard of it in time
 */
export async function ask(
  surroundings: Surroundings,
  { detailType, detail, isOutcome }: AskOptions,
): Promise<ExitCode> {
  const { json, print, note } = surroundings;
  const sent = await sendRequest(surroundings, detailType, detail);
  note(`Asked to ${detail.action} (${sent.id}); waiting for what comes of it ...`);
  const heard: ReadRecord[] = [];
  const timeline = createTimeline(print);
  const onRecord = (record: ReadRecord): void => {
    heard.push(record);
    if (json) print(jsonLine(record));
    else timeline.add(record);
    timeline.flush();
  };
  const outcome = await followRequest(surroundings, sent, { isOutcome, onRecord, timeout: PATIENCE });
  if (heard.length === 0) {
    note(`Nothing is recorded about it yet. Later: npm run -s remediator -- explain ${sent.id}`);
    return 1;
  }
  if (outcome === undefined) note('More is to come: explain SUBJECT tells it.');
  return heard.some(({ reason }) => reason === 'request-refused') ? 1 : 0;
}
