import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { isOtherVersion, type ReadRecord, readRecordLine } from '../functions/shared/records/record-line.ts';
import { byTime } from '../functions/shared/records/record-subject.ts';
import { counted } from '../functions/shared/text/counted.ts';
import type { Surroundings } from './command.ts';

/** CloudWatch Logs limits filter patterns to 1,024 characters. */
const LONGEST_CONDITION = 1_000 - '{ $.kind = "record" && () }'.length;

/**
 * Reads the distinct records that match a condition in CloudWatch Logs' filter syntax, oldest first. Only matches come
 * over the network, however large the log.
 *
 * @param conditions at least one of which must hold, such as `$.cluster = "shop" && $.nodegroup = "web"`
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
        // A function that died after it wrote a line, and ran again, wrote it twice with the same id.
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
 * Quotes a text for a condition. Characters that a filter pattern cannot contain become wildcards, as `*` is one
 * anyway. A condition may therefore match too much, but never too little, so matches must be checked once more.
 */
export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '*')}"`;

/** Joins alternatives into as few patterns as possible. */
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
