import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Random } from '../time/random.ts';
import { templateData } from './exposure.ts';
import type { FleetNodeGroup } from './fleet.ts';
import type { FleetState } from './state.ts';

/**
 * The launch template of the group's owner. The Auto Scaling group has another one, which EKS makes from it (EKS user
 * guide, "Customize managed nodes with launch templates").
 */
export function ownTemplateOf(state: FleetState, { name, launchTemplate, exposure }: FleetNodeGroup, random: Random) {
  if (launchTemplate === undefined) return undefined;
  const { imageId, keyName, tags } = launchTemplate;
  const chance = random.fork('own launch template');
  const own = { id: `lt-0${chance.hex(16)}`, name: `${name}-nodes` };
  const data = {
    ...templateData(exposure),
    ...((imageId ?? keyName) !== undefined && ownHosts(chance)),
    ...(imageId !== undefined && { ImageId: imageId }),
    ...(keyName !== undefined && { KeyName: keyName }),
  };
  state.launchTemplates.add({ ...own, tags }, data);
  return { ...own, version: '1' };
}

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
