import type { CloudTrail } from '../event-bridge/cloud-trail.ts';
import type { Iam } from '../iam/state.ts';
import type { World } from '../world.ts';
import type { Images } from './images.ts';
import type { InstanceTypeOfferings } from './instance-type-offerings.ts';
import type { Instances } from './instances.ts';
import type { LaunchTemplates } from './launch-templates.ts';
import type { Networks } from './network.ts';
import type { Snapshots } from './snapshots.ts';

export interface Ec2State {
  readonly world: World;
  readonly instances: Instances;
  readonly images: Images;
  readonly networks: Networks;
  readonly offerings: InstanceTypeOfferings;
  readonly snapshots: Snapshots;
  readonly launchTemplates: LaunchTemplates;
  readonly cloudTrail: CloudTrail;
  readonly iam: Iam;
  readonly metadataDefaults: MetadataDefaults;
}

/** What the account says of the metadata services of all its instances. */
export interface MetadataDefaults {
  /** Whether version 1 can be had by no instance any more. Source: EC2 API reference, ModifyInstanceMetadataDefaults. */
  httpTokensEnforced: boolean;
}
