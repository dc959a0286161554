import type { EC2Client } from '@aws-sdk/client-ec2';
import { type Cluster, type EKSClient, type Nodegroup, paginateListInsights } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { type ControlPlaneReader, GONE } from '../../shared/fleet/control-plane-reader.ts';
import { nextVersion } from '../../shared/fleet/kubernetes-version.ts';
import { type Reading, read, type Unreadable } from '../../shared/fleet/reading.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import { policyAt } from '../../shared/policy/policy-at.ts';
import { readTargets } from '../../shared/releases/target-release.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { once } from '../../shared/runtime/once.ts';
import type { InsightError, NextVersion } from '../model/control-plane.ts';
import { type Policy, READS } from '../policy.ts';

interface Clients {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** The newer versions to which node groups can follow, by their ARN. */
export type NextVersions = ReadonlyMap<string, NextVersion>;

/**
 * Reads the next version's releases, the cluster's updates and its upgrade insights, for node groups that are behind
 * their control plane and that the policy lets follow. Clusters without such a group cost no call.
 */
export async function observeNextVersions(
  clients: Clients,
  groups: readonly Nodegroup[],
  clusters: ReadonlyMap<string, Reading<Cluster>>,
  readControlPlane: ControlPlaneReader,
  policy: Policy | InvalidPolicy,
  now: number,
): Promise<NextVersions> {
  const behind = groups.flatMap((group) => followerOf(group, clusters.get(group.clusterName ?? ''), policy));
  if (behind.length === 0) return new Map();
  const targets = await readTargets(
    clients,
    behind.map(({ pair }) => pair),
  );
  const readInsights = once((cluster: string, version: string) => listErrors(clients.eks, cluster, version));
  const seen = await pMap(
    behind,
    async ({ arn, cluster, pair, followAfter, asksInsights }): Promise<[string, NextVersion]> => {
      const controlPlane = await readControlPlane(cluster);
      const next = { version: pair.kubernetesVersion, target: targets(pair), controlPlane };
      const isSettled = controlPlane.kind === 'control-plane' && controlPlane.since + followAfter <= now;
      if (!asksInsights || !isSettled) return [arn, next];
      return [arn, { ...next, insights: await readInsights(cluster, next.version) }];
    },
    { concurrency: READ_CONCURRENCY },
  );
  return new Map(seen);
}

/**
 * Returns a node group that can follow its control plane. A node group with a custom AMI follows by the AMI that the
 * policy names.
 */
function followerOf(group: Nodegroup, reading: Reading<Cluster> | undefined, anywhere: Policy | InvalidPolicy) {
  const { clusterName: cluster = '', nodegroupName: nodegroup = '', nodegroupArn: arn = '', amiType, tags } = group;
  if (amiType === undefined || amiType === 'CUSTOM' || reading?.kind !== 'found') return [];
  const kubernetesVersion = nextVersion(group.version ?? '', reading.found.version ?? '');
  if (kubernetesVersion === undefined) return [];
  const place = { cluster, nodegroup, tags: [reading.found.tags, tags] };
  const policy = policyAt<typeof READS, Policy>(anywhere, place, READS);
  if (isInvalid(policy) || policy.upgrades.mode === 'off' || policy.upgrades.controlPlane.mode === 'off') return [];
  const { controlPlane, gates } = policy.upgrades;
  return [
    {
      arn,
      cluster,
      pair: { kubernetesVersion, amiType },
      followAfter: controlPlane.followAfter,
      asksInsights: gates.insights === 'error',
    },
  ];
}

/**
 * Lists the insights that say an error against a version. The status of an insight says so already, so no insight is
 * described by itself.
 */
async function listErrors(
  eks: EKSClient,
  clusterName: string,
  version: string,
): Promise<readonly InsightError[] | Unreadable> {
  const reading = await read(async () => {
    const errors: InsightError[] = [];
    const filter = {
      categories: ['UPGRADE_READINESS' as const],
      kubernetesVersions: [version],
      statuses: ['ERROR' as const],
    };
    for await (const page of paginateListInsights({ client: eks }, { clusterName, filter })) {
      for (const { name = 'an insight', insightStatus } of page.insights ?? []) {
        errors.push({ name, why: insightStatus?.reason ?? '' });
      }
    }
    return errors;
  }, 'tell');
  if (reading.kind === 'found') return reading.found;
  return reading.kind === 'unreadable' ? reading : GONE;
}
