import { sample as launch } from '../events/ec2-instance-launch.ts';

const KUBERNETES = '1.33';
const RELEASE = '1.33.13-20260714';
/** The most workers of a managed node group are 450 (EKS service quotas). */
const WORKERS_PER_GROUP = 440;
const EXPOSED = { publicAddress: 'automatic', openPorts: [22] };
/** The interfaces of each worker, and the addresses of each interface. */
const EXPOSURE = { interfaces: 2, addresses: 10 };
export const ADDRESSES_PER_WORKER = EXPOSURE.interfaces * EXPOSURE.addresses;
/** Launches happen a minute after the fleet's start. */
export const LAUNCHES_AFTER_MS = 60_000;

export interface FleetSize {
  readonly clusters: number;
  readonly workersPerCluster: number;
  /**
   * How many workers with a public address and an open port are launched, into the first groups of the clusters in
   * turn.
   */
  readonly exposed?: number;
}

/** Private clusters of workers with two interfaces of ten addresses each, which run the newest release. */
export function measuredFleet({ clusters, workersPerCluster, exposed = 0 }: FleetSize): object {
  const groups = Math.ceil(workersPerCluster / WORKERS_PER_GROUP);
  return {
    startsAt: `${new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`,
    releases: [
      { at: '-10d', kubernetesVersion: KUBERNETES, amiType: 'AL2023_x86_64_STANDARD', releaseVersion: RELEASE },
    ],
    clusters: Array.from({ length: clusters }, (_, index) => ({
      name: clusterName(index),
      version: KUBERNETES,
      network: 'internet-without-address',
      accessEntries: [{ function: 'quarantine-workers', kubernetesGroups: ['eks-host-remediator-quarantine'] }],
      nodeGroups: Array.from({ length: groups }, (_, group) => ({
        name: `group-${group}`,
        desiredSize: Math.ceil(workersPerCluster / groups),
        maxSize: 450,
        releaseVersion: RELEASE,
        exposure: EXPOSURE,
      })),
    })),
    launches: Array.from({ length: exposed }, (_, index) => ({
      at: '+1m',
      cluster: clusterName(index % clusters),
      nodeGroup: 'group-0',
      withinSeconds: 0,
      exposure: EXPOSED,
    })),
  };
}

export const clusterName = (index: number): string => `cluster-${index}`;

/** A policy whose quarantines wait for nothing. */
export const UNLIMITED = {
  quarantine: {
    concurrency: { perGroup: 1_000, perCluster: 1_000, perAccount: 1_000 },
    publicByDesign: { exposedShare: 100 },
  },
};

/** The event of EC2 that tells of a worker's launch. */
export const launchOf = (instanceId: string): object => ({
  ...launch,
  id: `launch-${instanceId}`,
  time: new Date().toISOString(),
  detail: { 'instance-id': instanceId, state: 'pending' },
});
