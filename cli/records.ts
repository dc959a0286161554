import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { isOtherVersion, type ReadRecord, readRecordLine } from '../functions/shared/records/record-line.ts';
import { byTime } from '../functions/shared/records/record-subject.ts';
import { counted } from '../functions/shared/text/counted.ts';
import type { Surroundings } from './command.ts';

/** CloudWatch Logs takes filter patterns of at most 1,024 characters. */
const LONGEST_CONDITION = 1_000 - '{ $.kind = "record" && () }'.length;

/**
 * Reads the records that fit a condition in CloudWatch Logs' filter syntax, oldest first, each outcome once. Only what
 * fits comes over the network, however large the log.
 *
 * @param conditions any of which must hold, for example `$.cluster = "shop" && $.nodegroup = "web"`
 * @param since epoch milliseconds
 */
export async function readRecords(
  { clients: { logs }, stack, note }: Pick<Surroundings, 'clients' | 'stack' | 'note'>,
  conditions: readonly string[],
  since: number,
): Promise<ReadRecord[]> {
  const records = new Map<string, ReadRecord>();
  let others = 0;
  for (const condition of joined(conditions)) {
    const pages = paginateFilterLogEvents(
      { client: logs },
      {
        logGroupName: stack.LogGroupName,
        startTime: since,
        filterPattern: `{ $.kind = "record" && (${condition}) }`,
      },
    );
    for await (const { events = [] } of pages) {
      for (const { message = '' } of events) {
        const record = readRecordLine(message);
        // A function that died after a line and ran again has written it twice, with the same id.
        if (record !== undefined && !records.has(record.id)) records.set(record.id, record);
        else if (isOtherVersion(message)) others += 1;
      }
    }
  }
  if (others > 0)
    note(
      `${counted(others, 'record')} of another version ${others === 1 ? 'is' : 'are'} left out: update EKS Host Remediator.`,
    );
  return [...records.values()].sort(byTime);
}

/**
 * A text in a condition. What a filter pattern cannot hold becomes a wildcard, as `*` is one anyway: so a condition may
 * find more than was meant, never less, and what is found must be looked at once more.
 */
export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '*')}"`;

/** Alternatives, as few as fit into a pattern each. */
function joined(conditions: readonly string[]): string[] {
  const patterns: string[] = [];
  for (const condition of new Set(conditions)) {
    const last = patterns.at(-1);
    const longer = `${last} || (${condition})`;
    if (last !== undefined && longer.length <= LONGEST_CONDITION) patterns[patterns.length - 1] = longer;
    else patterns.push(`(${condition})`);
  }
  return patterns;
}
