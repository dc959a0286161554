import { appendFileSync } from 'node:fs';

/** Notes what a suite has checked; `.ci/conformance` prints all of it at the end. Also for the line of a suite that was skipped. */
export function count(line: string): void {
  const file = process.env.CONFORMANCE_COUNTS;
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}
