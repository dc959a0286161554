import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Cluster, Nodegroup } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { versionForImages } from '../../shared/fleet/control-plane.ts';
import type { ControlPlaneReader } from '../../shared/fleet/control-plane-reader.ts';
import { readTemplateVersion } from '../../shared/fleet/launch-templates.ts';
import { type Reading, read } from '../../shared/fleet/reading.ts';
import { readFollowers } from '../../shared/fleet/template-followers.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import { policyAt } from '../../shared/policy/policy-at.ts';
import type { Wanted } from '../../shared/policy/wanted-image-section.ts';
import { createWantedReader } from '../../shared/releases/read-wanted-images.ts';
import { readRunningImages } from '../../shared/releases/running-images.ts';
import type { MachineImage } from '../../shared/releases/wanted-image.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { once } from '../../shared/runtime/once.ts';
import type { CustomView } from '../model/observation.ts';
import { type Policy, READS } from '../policy.ts';

/** A group with a custom AMI for which the policy names the AMIs that are wanted. */
export interface CustomGroup {
  readonly nodegroup: Nodegroup;
  readonly wanted: Wanted;
  /** The Kubernetes version of the control plane. */
  readonly controlPlane: string;
  /** How long after an upgrade of the control plane the group takes AMIs for the new version, ms. */
  readonly followAfter: number;
}

/** What is known of groups with a custom AMI, by their ARN. */
export type CustomViews = ReadonlyMap<string, CustomView>;

/**
 * Reads which AMIs are wanted, the present AMIs, and the groups' launch templates. All present AMIs cost one page, and
 * those that EC2 does not describe two calls more; what the policy names is read once, and a group costs two calls. What
 * was done to the control planes is read, too: the Kubernetes version that the AMIs may be for depends on that.
 */
export async function observeCustom(
  clients: { readonly autoScaling: AutoScalingClient; readonly ec2: EC2Client; readonly ssm: SSMClient },
  groups: readonly CustomGroup[],
  readControlPlane: ControlPlaneReader,
  now: number,
): Promise<CustomViews> {
  if (groups.length === 0) return new Map();
  const readWanted = createWantedReader(clients);
  const followersOnce = once(() => read(() => readFollowers(clients.autoScaling), 'tell'));
  const imageIds = groups.map(({ nodegroup: { releaseVersion = '' } }) => releaseVersion);
  const images = await read(() => readRunningImages(clients.ec2, imageIds), 'tell');
  const presentOf = (imageId: string): Reading<MachineImage> => {
    if (images.kind !== 'found') return images;
    const found = images.found.get(imageId);
    return found === undefined ? { kind: 'gone' } : { kind: 'found', found };
  };
  const readFor = async ({ nodegroup, wanted, controlPlane, followAfter }: CustomGroup) => {
    const reading = await readControlPlane(nodegroup.clusterName ?? '');
    if (reading.kind === 'unreadable') return { kubernetesVersion: controlPlane, wanted: reading };
    const kubernetesVersion = versionForImages(controlPlane, reading, followAfter, now);
    return { kubernetesVersion, wanted: await readWanted(wanted, kubernetesVersion) };
  };
  const views = await pMap(
    groups,
    async (group): Promise<[string, CustomView]> => {
      const { nodegroup } = group;
      const { nodegroupArn = '', releaseVersion = '', launchTemplate: { id, version } = {} } = nodegroup;
      const template =
        id === undefined || version === undefined ? undefined : await readTemplateVersion(clients.ec2, id, version);
      const seen = await readFor(group);
      // Where nothing else is wanted, no version is made.
      const isDue =
        seen.wanted.kind === 'named' && seen.wanted.candidates.some(({ image }) => image.imageId !== releaseVersion);
      const followers = id === undefined || !isDue ? undefined : await followersOnce();
      const view: CustomView = {
        ...seen,
        present: presentOf(releaseVersion),
        // Who else launches from the template is not known then, so none of it may be changed.
        ...(template !== undefined && { template: followers?.kind === 'unreadable' ? followers : template }),
        ...(followers?.kind === 'found' && id !== undefined && { followers: followers.found(id) }),
      };
      return [nodegroupArn, view];
    },
    { concurrency: READ_CONCURRENCY },
  );
  return new Map(views);
}

/** Returns a group with a custom AMI, where the policy that holds there names one that is wanted. */
export function customGroupOf(
  group: Nodegroup,
  cluster: Reading<Cluster> | undefined,
  anywhere: Policy | InvalidPolicy,
): CustomGroup[] {
  const { clusterName = '', nodegroupName = '', amiType, tags } = group;
  if (amiType !== 'CUSTOM' || cluster?.kind !== 'found') return [];
  const place = { cluster: clusterName, nodegroup: nodegroupName, tags: [cluster.found.tags, tags] };
  const policy = policyAt<typeof READS, Policy>(anywhere, place, READS);
  if (isInvalid(policy)) return [];
  const { mode, wanted } = policy.upgrades.image;
  const { followAfter } = policy.upgrades.controlPlane;
  if (mode === 'off' || wanted === null) return [];
  return [{ nodegroup: group, wanted, controlPlane: cluster.found.version ?? '', followAfter }];
}
