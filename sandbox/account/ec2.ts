import type { CloudTrail } from './cloud-trail.ts';
import { addressOperations } from './ec2-address-operations.ts';
import { describeImages, type Images } from './ec2-images.ts';
import { instanceOperations } from './ec2-instance-operations.ts';
import type { Instances } from './ec2-instances.ts';
import type { Networks } from './ec2-network.ts';
import { interfaceOperations } from './ec2-network-interface-operations.ts';
import { networkOperations } from './ec2-network-operations.ts';
import { securityGroupOperations } from './ec2-security-group-operations.ts';
import { snapshotOperations } from './ec2-snapshot-operations.ts';
import type { Snapshots } from './ec2-snapshots.ts';
import { subnetOperations } from './ec2-subnet-operations.ts';
import { tagOperations } from './ec2-tag-operations.ts';
import type { Iam } from './iam-state.ts';
import type { Service } from './service.ts';
import type { World } from './world.ts';

/** Everything that EC2 shows and changes. */
export interface Ec2State {
  readonly world: World;
  readonly instances: Instances;
  readonly images: Images;
  readonly networks: Networks;
  readonly snapshots: Snapshots;
  readonly cloudTrail: CloudTrail;
  readonly iam: Iam;
}

/** Amazon EC2, as far as instances, their images, volumes and tags, and networks go. */
export function createEc2(state: Ec2State): Service {
  return {
    signingName: 'ec2',
    iamPrefix: 'ec2',
    protocol: 'ec2-query',
    xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    operations: {
      ...instanceOperations(state),
      DescribeImages: describeImages(state.images, state.world),
      ...networkOperations(state.networks),
      ...subnetOperations(state),
      ...interfaceOperations(state),
      ...addressOperations(state),
      ...securityGroupOperations(state),
      ...snapshotOperations(state),
      ...tagOperations(state),
    },
  };
}
