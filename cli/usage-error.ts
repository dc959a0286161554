/** The command line, or a file that it names, is wrong. Reported without a stack trace, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
