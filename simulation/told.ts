import { createHash } from 'node:crypto';
import type { Report } from './job.ts';

/** A seed that failed, with the command that plays the smallest scenario that fails in the same way. */
export function told({ seed, breaches, needless, wire }: Report): string {
  const parts = needless.length === 0 ? '' : ` --without ${needless.join(',')}`;
  return [
    `seed ${seed}${wire ? ' over the wire' : ''} breaks what must hold:`,
    ...breaches.map(({ at, invariant, what }) => `  ${at} ${invariant}: ${what}`),
    `  again: npm run simulate -- --seeds 1 --from ${seed}${parts}${wire ? ' --wire-every 1' : ''}`,
  ].join('\n');
}

/** How many seeds were played, what they cost, and what came up in them. */
export function summaryOf(reports: readonly Report[]): string {
  const sum = (of: (report: Report) => number): number => reports.reduce((total, report) => total + of(report), 0);
  const failed = reports.filter(({ breaches }) => breaches.length > 0);
  const said = new Map<string, number>();
  for (const report of reports) {
    for (const [word, count] of Object.entries(report.said)) said.set(word, (said.get(word) ?? 0) + count);
  }
  const cpuSeconds = sum(({ cpuMs }) => cpuMs) / 1000;
  const perMinute = Math.round((60 * reports.length) / cpuSeconds);
  const which = failed.length > 0 ? `: seeds ${failed.map(({ seed }) => seed).join(', ')}` : '';
  return [
    `${reports.length} days played, ${failed.length} broken${which}.`,
    `${sum(({ calls }) => calls)} AWS calls, ${sum(({ records }) => records)} records of ${said.size} kinds.`,
    `${(cpuSeconds / reports.length).toFixed(2)} s of CPU a day: ${perMinute} days a minute and core.`,
    `Digest of all calls and records: ${digestOf(reports)}.`,
  ].join('\n');
}

/** One digest of all days, whichever job has played them first. */
function digestOf(reports: readonly Report[]): string {
  const days = reports.map(({ seed, wire, digest }) => `${seed}${wire ? ' over the wire' : ''} ${digest}`);
  return createHash('sha256').update(days.sort().join('\n')).digest('hex').slice(0, 16);
}
