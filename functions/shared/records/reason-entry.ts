/** What is said about one reason code. */
export interface ReasonEntry {
  readonly meaning: string;
  /** What to do about it, where there is something to do. */
  readonly hint?: string;
}
