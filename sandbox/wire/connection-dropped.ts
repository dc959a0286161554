/**
 * Thrown instead of an answer: the caller's connection breaks without one, as when a request or its reply is lost or
 * the caller's execution environment dies.
 */
export class ConnectionDropped extends Error {
  override readonly name = 'ConnectionDropped';
  /** What the call record gives as the outcome, for example `reply lost`. */
  readonly outcome: string;

  constructor(outcome: string) {
    super(`The connection was dropped: ${outcome}`);
    this.outcome = outcome;
  }
}
