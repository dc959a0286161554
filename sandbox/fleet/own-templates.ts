import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import { trustAt } from '../account/eks/certificate-authorities.ts';
import type { EksCluster } from '../account/eks/cluster.ts';
import type { Random } from '../time/random.ts';
import { templateData } from './exposure.ts';
import type { FleetNodeGroup } from './fleet.ts';
import type { FleetState } from './state.ts';

/**
 * The launch template of the group's owner. The Auto Scaling group has another one, which EKS makes from it (EKS user
 * guide, "Customize managed nodes with launch templates").
 */
export function ownTemplateOf(
  state: FleetState,
  cluster: EksCluster,
  { name, launchTemplate, exposure }: FleetNodeGroup,
  random: Random,
) {
  if (launchTemplate === undefined) return undefined;
  const { imageId, keyName, userData, tags } = launchTemplate;
  const chance = random.fork('own launch template');
  const own = { id: `lt-0${chance.hex(16)}`, name: `${name}-nodes` };
  const data = {
    ...templateData(exposure),
    ...((imageId ?? keyName) !== undefined && ownHosts(chance)),
    ...(imageId !== undefined && { ImageId: imageId }),
    ...(keyName !== undefined && { KeyName: keyName }),
    ...(userData !== undefined && { UserData: encodedUserData(state, cluster, userData) }),
  };
  state.launchTemplates.add({ ...own, tags }, data);
  return { ...own, version: '1' };
}

/** User data as EC2 takes it, with the authority of the cluster in it. */
export const encodedUserData = (state: FleetState, cluster: EksCluster, text: string): string =>
  Buffer.from(userDataOf(state, cluster, text)).toString('base64');

/** User data in plain text, with the authority of the cluster in it. */
export const userDataOf = ({ world }: FleetState, cluster: EksCluster, text: string): string => {
  const { data = '' } = trustAt(cluster, world.time.now);
  return text.replaceAll('{certificateAuthority}', data);
};

/** The further contents of a template with an AMI or a key pair: user data, volumes, tags, the metadata service. */
const ownHosts = (chance: Random): ResponseLaunchTemplateData => ({
  UserData: Buffer.from('#!/bin/sh\nexec /usr/bin/join-cluster\n').toString('base64'),
  BlockDeviceMappings: [
    { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 80, VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true } },
    { DeviceName: '/dev/xvdb', Ebs: { SnapshotId: `snap-0${chance.hex(16)}`, VolumeType: 'gp3' } },
  ],
  MetadataOptions: { State: 'applied', HttpTokens: 'required', HttpPutResponseHopLimit: 2 },
  TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'team', Value: 'platform' }] }],
});
