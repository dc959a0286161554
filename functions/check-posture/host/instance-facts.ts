import type { SessionPreferences } from '../../shared/posture/session-preferences.ts';

/** What EC2 returns about a worker's instance. */
export interface InstanceFacts {
  readonly keyName?: string;
  readonly httpTokens?: string;
  readonly httpEndpoint?: string;
  readonly hopLimit?: number;
  readonly metadataTags?: string;
  /** The attached volumes; undefined where EC2 did not return them. */
  readonly volumes?: ReadonlyArray<{ readonly id: string; readonly device: string; readonly isEncrypted?: boolean }>;
  /** Undefined where EC2 did not return it: an image may be gone. */
  readonly image?: {
    readonly id: string;
    readonly owner: string;
    readonly isAmazons: boolean;
    readonly isOwn: boolean;
    readonly isPublic?: boolean;
  };
  readonly privateDnsName?: string;
  readonly vpc?: string;
  /** Whether it has a public IPv4 address, or any IPv6 address. */
  readonly hasPublicAddress?: boolean;
  /** Rules of its security groups that admit somebody at 22 or 3389; undefined where EC2 did not return all groups. */
  readonly doors?: readonly Door[];
}

/** How EKS gives remote access to a node group; `none` where it gives none; undefined where unknown. */
export type RemoteAccess = { readonly key: string; readonly sourceGroups: readonly string[] } | 'none';

/** A rule that admits somebody at a port of shells. */
export interface Door {
  readonly group: string;
  /** 22 or 3389. */
  readonly port: number;
  /** A CIDR, a prefix list, or another group. */
  readonly from: string;
}

/** The facts about all workers of a region. */
export interface RegionFacts {
  /** Whether EBS encrypts volumes even if the request does not ask for it. */
  readonly encryptsByDefault?: boolean;
  /** CIDRs of each VPC, by its id; undefined where EC2 did not return them. */
  readonly networks?: ReadonlyMap<string, readonly string[]>;
  /** Ids of the EC2 Instance Connect Endpoints of each VPC, by its id; undefined where EC2 did not return them. */
  readonly connectEndpoints?: ReadonlyMap<string, readonly string[]>;
  /** Undefined where they cannot be read or understood. */
  readonly sessions?: SessionPreferences;
}
