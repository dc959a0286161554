/** What EC2 tells of a worker's instance. */
export interface InstanceFacts {
  readonly keyName?: string;
  readonly httpTokens?: string;
  readonly httpEndpoint?: string;
  readonly hopLimit?: number;
  readonly metadataTags?: string;
  /** Rules of its security groups that let somebody in at 22 or 3389; undefined where EC2 did not tell of one. */
  readonly doors?: readonly Door[];
}

/** A rule that lets somebody in where shells listen. */
export interface Door {
  readonly group: string;
  /** 22 or 3389. */
  readonly port: number;
  /** A CIDR, a prefix list, or another group. */
  readonly from: string;
}
