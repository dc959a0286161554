/** One line in a log group. */
export interface LogEvent {
  /** Position in the group since its creation, which stays the same when older events have expired. */
  readonly index: number;
  readonly stream: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly message: string;
}
