/** Where resources are, for their ARNs. */
export interface Location {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}
