import type { Cluster, Nodegroup } from '@aws-sdk/client-eks';
import type { Reading } from '../../shared/fleet/fleet.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import type { Trigger } from '../../shared/records/recorder.ts';
import type { Targets } from '../../shared/releases/target-release.ts';
import type { ForeignUpdate, HealthIssue, UnreadableView, UpdateView, View } from '../model/observation.ts';
import type { NextVersions } from './observe-control-plane.ts';
import type { CustomViews } from './observe-custom.ts';
import type { ScalingOf } from './observe-scaling.ts';

/** A node group of the scope, as EKS describes it. */
export interface Described {
  readonly key: NodeGroupKey;
  readonly trigger: Trigger;
  readonly reading: Reading<Nodegroup>;
}

/** A node group of the scope, with its remembered state, and the status of the update that runs on the node group. */
export interface Followed extends Described {
  readonly state: NodeGroupState;
  /** The name belonged to another node group before, so nothing remembered applies to the present one. */
  readonly isAnother: boolean;
  readonly update?: UpdateView | UnreadableView;
  readonly foreign?: ForeignUpdate | UnreadableView;
}

/** What was read for all node groups at once. */
interface Seen {
  readonly targets: Targets;
  readonly nextVersions: NextVersions;
  readonly scalingOf: ScalingOf;
  readonly customs: CustomViews;
}

/** A node group as decisions see it, or what keeps it from being seen. */
export function viewOf(
  { reading, update, foreign }: Followed,
  cluster: Reading<Cluster>,
  { targets, nextVersions, scalingOf, customs }: Seen,
): View {
  if (reading.kind !== 'found') return reading;
  if (cluster.kind !== 'found') return cluster;
  if (update?.kind === 'unreadable') return update;
  if (foreign !== undefined && 'kind' in foreign) return foreign;
  const { found } = reading;
  const { version = '', amiType = '', releaseVersion = '', status = '', nodegroupArn = '' } = found;
  const { nodes, suspended } = scalingOf(found) ?? {};
  const custom = customs.get(nodegroupArn);
  const next = nextVersions.get(nodegroupArn);
  const desired = found.scalingConfig?.desiredSize ?? 0;
  const { id: templateId, version: templateVersion } = found.launchTemplate ?? {};
  return {
    kind: 'node-group',
    cluster: {
      status: cluster.found.status ?? '',
      version: cluster.found.version ?? '',
      tags: cluster.found.tags ?? {},
      healthIssues: issuesOf(cluster.found.health),
    },
    arn: nodegroupArn,
    status,
    version,
    releaseVersion,
    amiType,
    tags: found.tags ?? {},
    healthIssues: issuesOf(found.health),
    target: targets({ kubernetesVersion: version, amiType }),
    ...(next !== undefined && { next }),
    ...(custom !== undefined && { custom }),
    ...(templateId !== undefined &&
      templateVersion !== undefined && { launchTemplate: { id: templateId, version: templateVersion } }),
    desired,
    atATime: atATime(found, desired),
    ...(found.subnets !== undefined && { subnets: found.subnets }),
    ...(found.instanceTypes !== undefined && { instanceTypes: found.instanceTypes }),
    ...(found.capacityType !== undefined && { capacityType: found.capacityType }),
    // MINIMAL terminates first (EKS API reference, NodegroupUpdateConfig).
    launchesFirst: found.updateConfig?.updateStrategy !== 'MINIMAL',
    ...(nodes !== undefined && { nodes }),
    ...(suspended !== undefined && { suspended }),
    ...(update !== undefined && { update }),
    ...(foreign !== undefined && { foreign }),
  };
}

const issuesOf = (health: Nodegroup['health'] | Cluster['health']): HealthIssue[] =>
  (health?.issues ?? []).map(({ code, message }) => ({ code: code ?? 'Unknown', message: message ?? '' }));

/**
 * How many nodes an update takes out at once. EKS does not document how it rounds a percentage. The function rounds the
 * percentage down, but to at least one node.
 */
function atATime({ updateConfig }: Nodegroup, desired: number): number {
  const { maxUnavailable, maxUnavailablePercentage } = updateConfig ?? {};
  if (maxUnavailablePercentage === undefined) return maxUnavailable ?? 1;
  return Math.max(1, Math.floor((desired * maxUnavailablePercentage) / 100));
}
