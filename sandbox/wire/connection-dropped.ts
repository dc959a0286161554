/**
 * Thrown instead of a response: the caller's connection breaks, as when a request or its reply is lost, or the caller's
 * execution environment dies.
 */
export class ConnectionDropped extends Error {
  override readonly name = 'ConnectionDropped';
  /** The outcome in the call record, such as `reply lost`. */
  readonly outcome: string;

  constructor(outcome: string) {
    super(`The connection was dropped: ${outcome}`);
    this.outcome = outcome;
  }
}
