import { DetachInstancesCommand } from '@aws-sdk/client-auto-scaling';
import { clientsIn } from '../cli/operator.fixture.ts';
import type { RemediationRecord } from '../functions/shared/records/record.ts';
import type { Run } from '../sandbox/play.ts';
import { start } from './harness.ts';

const OFF = { mode: 'off' };
/** Only upgrades act, because they change what hosts run. */
export const hostsPolicy = {
  upgrades: { bakeAge: '1h' },
  refreshes: OFF,
  ssmAgent: OFF,
  quarantine: OFF,
  findings: OFF,
  posture: OFF,
  imds: OFF,
};

/**
 * A cluster with hosts of every owner. One group is upgraded on the second day, the AMI of another is deprecated then,
 * and one runs an AMI that is not allowed from the beginning.
 */
export const hostsFleet = {
  startsAt: '2026-07-01T00:00:00Z',
  releases: ['-20d 1.34.1-20260610', '+25h 1.34.2-20260702'].map((release) => {
    const [at, releaseVersion] = release.split(' ');
    return { at, kubernetesVersion: '1.34', amiType: 'AL2023_x86_64_STANDARD', releaseVersion };
  }),
  images: [
    { imageId: 'ami-0aaaaaaaaaaaaaaaa', name: 'golden-1', at: '-100d', deprecatedAt: '+30h' },
    { imageId: 'ami-0bbbbbbbbbbbbbbbb', name: 'golden-2', at: '-90d', allowed: false },
  ],
  clusters: [
    {
      name: 'shop',
      version: '1.34',
      nodeGroups: [
        { name: 'web', amiType: 'AL2023_x86_64_STANDARD', desiredSize: 2, releaseVersion: '1.34.1-20260610' },
        {
          name: 'left-alone',
          amiType: 'AL2023_x86_64_STANDARD',
          desiredSize: 1,
          releaseVersion: '1.34.1-20260610',
          tags: { 'eks-host-remediator:ignore': '' },
        },
      ],
      selfManagedGroups: [{ name: 'legacy', size: 2, imageId: 'ami-0aaaaaaaaaaaaaaaa' }],
      karpenterNodePools: [{ name: 'spot', size: 1, imageId: 'ami-0bbbbbbbbbbbbbbbb' }],
      autoMode: { instances: 1 },
      otherInstances: [{ name: 'by-hand', count: 1, tags: { 'aws:eks:cluster-name': 'shop' } }],
    },
    {
      name: 'ignored',
      version: '1.34',
      tags: { 'eks-host-remediator:ignore': '' },
      selfManagedGroups: [{ name: 'legacy', size: 1, imageId: 'ami-0bbbbbbbbbbbbbbbb' }],
    },
  ],
};

/** What `watch-hosts` told, day by day. */
export const hostStory = ({ records }: Run): string[] =>
  records
    .filter(({ remediation }) => remediation === 'watch-hosts')
    .map(({ time, cluster, nodegroup = '', reason, details }) =>
      [time.slice(5, 10), `${cluster}/${nodegroup}`, reason, details?.check].join(' '),
    )
    .toSorted();

/** Takes one instance of a managed node group out of its Auto Scaling group, and leaves it running. */
export async function detachOne(run: Run, nodegroup: string): Promise<string> {
  const members = run.account.fleet.instances
    .list()
    .filter(({ tags }) => tags.get('eks:nodegroup-name') === nodegroup && tags.has('aws:autoscaling:groupName'));
  const [detached] = members;
  await clientsIn(run.account).autoScaling.send(
    new DetachInstancesCommand({
      AutoScalingGroupName: detached?.tags.get('aws:autoscaling:groupName') ?? '',
      InstanceIds: [detached?.id ?? ''],
      ShouldDecrementDesiredCapacity: true,
    }),
  );
  return detached?.id ?? '';
}

/** The key of the ledger's item that a record of `watch-hosts` about a group or a cluster is counted by. */
export function hostsKeyOf({ cluster = '', nodegroup, details }: RemediationRecord): string {
  const [what, kind] = String(details?.check).split(' ');
  if (what !== 'hosts') return '';
  const name = kind === undefined ? nodegroup : `*${kind}`;
  return name === undefined ? cluster : `${cluster}/${name}`;
}

/** Hosts that change, so that each right of `watch-hosts` is used. */
export const changingHosts = (): Promise<Run> =>
  start({ fleet: hostsFleet, policy: hostsPolicy, inProcess: true, play: '49h' });
