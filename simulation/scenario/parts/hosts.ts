import type { Draw } from '../choices.ts';
import { type Fleet, type Group, withAccess } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Policy } from '../policy.ts';

/** What hosts of a day lack, and how their agents are cured. */
export interface Hosts {
  /** Node groups whose nodes differ from those of other days, by the setting `ssm` of a fleet file. */
  readonly groups: ReadonlyArray<Group & { readonly ssm: object }>;
  readonly attempts: number;
}

/** The members of a scenario for it. */
export interface OfHosts {
  /** Absent: hosts lack nothing, and their agents are mostly left alone. */
  readonly hosts?: Hosts;
}

/** Draws hosts that lack something for a quarter of all days. */
function drawHosts(draw: Draw, { groups }: Ground): OfHosts {
  if (!draw.happens(0.25)) return {};
  return { hosts: { groups: groups.map((group) => ({ ...group, ssm: drawSsm(draw) })), attempts: draw.number(1, 3) } };
}

const drawSsm = (draw: Draw): object => ({
  network: draw.of('nat', 'nat', 'nat', 'internet-without-address'),
  agent: draw.of('present', 'present', 'missing', 'missing', 'stopped', 'dead'),
  imdsTokens: draw.of('required', 'optional', 'optional'),
  ...(draw.happens(0.3) && { managedPolicy: false }),
  ...(draw.happens(0.3) && { latest: false }),
  ...(draw.happens(0.2) && { commands: { updateFails: 'Failed', times: draw.number(1, 3) } }),
});

/**
 * A drawn policy with what it says about hosts: agents are managed in the mode of upgrades, and the metadata service in
 * that of quarantines, so that both change when a policy does.
 */
const withHosts = (policy: Policy, { hosts }: OfHosts): Policy =>
  hosts === undefined
    ? policy
    : {
        ...policy,
        ssmAgent: {
          mode: policy.upgrades.mode,
          cureWithin: '20m',
          retryAfter: '5m',
          attempts: hosts.attempts,
        },
        imds: { mode: policy.quarantine.mode },
      };

/** A drawn fleet with the hosts of its node groups, and with the function's access to all clusters. */
function fleetWithHosts(fleet: Fleet, { hosts }: OfHosts): Fleet {
  if (hosts === undefined) return fleet;
  const ssmOf = (cluster: string, nodeGroup: string): object =>
    hosts.groups.find((group) => group.cluster === cluster && group.nodeGroup === nodeGroup)?.ssm ?? {};
  return {
    ...fleet,
    clusters: fleet.clusters.map((cluster) => ({
      ...cluster,
      accessEntries: withAccess(cluster, 'manage-ssm-agent', 'eks-host-remediator'),
      nodeGroups: cluster.nodeGroups.map((group) => ({ ...group, ssm: ssmOf(cluster.name, group.name) })),
    })),
  };
}

export const HOSTS: Part<OfHosts> = {
  stream: 'hosts',
  draw: drawHosts,
  policy: withHosts,
  fleet: fleetWithHosts,
};
