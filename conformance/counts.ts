import { appendFileSync } from 'node:fs';

/** Notes what a suite has checked, or that it was skipped. `.ci/conformance` prints all notes at the end. */
export function count(line: string): void {
  const file = process.env.CONFORMANCE_COUNTS;
  if (file !== undefined) appendFileSync(file, `${line}\n`);
}
