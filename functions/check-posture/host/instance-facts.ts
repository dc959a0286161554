import type { SessionPreferences } from '../../shared/posture/session-preferences.ts';

/** What EC2 tells of a worker's instance. */
export interface InstanceFacts {
  readonly keyName?: string;
  readonly httpTokens?: string;
  readonly httpEndpoint?: string;
  readonly hopLimit?: number;
  readonly metadataTags?: string;
  /** Those that are attached; undefined where EC2 did not tell. */
  readonly volumes?: ReadonlyArray<{ readonly id: string; readonly device: string; readonly isEncrypted: boolean }>;
  /** Undefined where EC2 did not tell: an image may be gone. */
  readonly image?: {
    readonly id: string;
    readonly owner: string;
    readonly isAmazons: boolean;
    readonly isOwn: boolean;
    readonly isPublic: boolean;
  };
  readonly privateDnsName?: string;
  readonly vpc?: string;
  /** Whether it has an address that the Internet knows: a public one, or any of IPv6. */
  readonly hasPublicAddress?: boolean;
  /** Rules of its security groups that let somebody in at 22 or 3389; undefined where EC2 did not tell of one. */
  readonly doors?: readonly Door[];
}

/** How EKS lets somebody in to a node group; `none`: by nothing of its own; undefined: not known. */
export type RemoteAccess = { readonly key: string; readonly sourceGroups: readonly string[] } | 'none';

/** A rule that lets somebody in where shells listen. */
export interface Door {
  readonly group: string;
  /** 22 or 3389. */
  readonly port: number;
  /** A CIDR, a prefix list, or another group. */
  readonly from: string;
}

/** What holds for all workers of a region. */
export interface RegionFacts {
  /** Whether EBS encrypts volumes that nobody asks to be encrypted. */
  readonly encryptsByDefault?: boolean;
  /** CIDRs of each VPC, by id; undefined where EC2 did not tell. */
  readonly networks?: ReadonlyMap<string, readonly string[]>;
  /** Ids of the EC2 Instance Connect Endpoints of each VPC, by its id; undefined where EC2 did not tell. */
  readonly connectEndpoints?: ReadonlyMap<string, readonly string[]>;
  /** Undefined where they cannot be read, or not be understood. */
  readonly sessions?: SessionPreferences;
}
