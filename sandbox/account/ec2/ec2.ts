import type { Service } from '../service.ts';
import { addressOperations } from './address-operations.ts';
import { imageMetadataOperations } from './image-metadata.ts';
import { describeImages } from './images.ts';
import { instanceOperations } from './instance-operations.ts';
import { instanceStatusOperations } from './instance-status.ts';
import { offeringOperations } from './instance-type-offerings.ts';
import { launchTemplateOperations } from './launch-template-operations.ts';
import { natGatewayOperations } from './nat-gateway-operations.ts';
import { networkAclOperations } from './network-acl-operations.ts';
import { interfaceOperations } from './network-interface-operations.ts';
import { networkOperations } from './network-operations.ts';
import { prefixListOperations } from './prefix-list-operations.ts';
import { securityGroupOperations } from './security-group-operations.ts';
import { snapshotOperations } from './snapshot-operations.ts';
import type { Ec2State } from './state.ts';
import { subnetOperations } from './subnet-operations.ts';
import { tagOperations } from './tag-operations.ts';
import { volumeOperations } from './volume-operations.ts';
import { vpcFeatureOperations } from './vpc-features.ts';
import { vpcOperations } from './vpc-operations.ts';

/** Amazon EC2, limited to instances, their types and images, volumes and tags, and networks. */
export function createEc2(state: Ec2State): Service {
  return {
    signingName: 'ec2',
    iamPrefix: 'ec2',
    protocol: 'ec2-query',
    xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    operations: {
      ...instanceOperations(state),
      ...instanceStatusOperations(state),
      ...imageMetadataOperations(state),
      ...offeringOperations(state.offerings),
      DescribeImages: describeImages(state.images, state.world),
      ...networkOperations(state.networks),
      ...natGatewayOperations(state),
      ...networkAclOperations(state),
      ...prefixListOperations(state),
      ...subnetOperations(state),
      ...interfaceOperations(state),
      ...addressOperations(state),
      ...securityGroupOperations(state),
      ...launchTemplateOperations(state),
      ...snapshotOperations(state),
      ...tagOperations(state),
      ...volumeOperations(state),
      ...vpcOperations(state),
      ...vpcFeatureOperations(state.networks.features),
    },
  };
}
