import type { Draw } from '../choices.ts';
import { hostWith, type WayIn } from '../flawed-hosts.ts';
import type { Fleet, Group } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Policy } from '../policy.ts';
import { GIVEN, type OfPosture } from './posture.ts';

/** The ways in by SSH of a day, and what people do about them. */
export interface Shells {
  /** How people get a shell on each node group's hosts from their launch on, and whether sessions reach them. */
  readonly groups: ReadonlyArray<Group & { readonly way?: WayIn; readonly sessions: boolean }>;
  /** A node group for which the policy waives keys all day; absent: it waives them for none. */
  readonly waived?: string;
  /** What operators ask for about workers for which it makes sense then. */
  readonly rulings: ReadonlyArray<{
    readonly atMinute: number;
    readonly action: 'approve' | 'reject';
    readonly index: number;
  }>;
  /** When somebody writes the keys of a worker again. */
  readonly writes: ReadonlyArray<Group & { readonly atMinute: number; readonly index: number }>;
}

/** The members of a scenario for it. */
export interface OfShells {
  /** Absent: nobody gets a shell by SSH. */
  readonly shells?: Shells;
}

/** Draws ways in by SSH for a tenth of all days. */
function drawShells(draw: Draw, { groups, busyMinutes }: Ground): OfShells {
  if (!draw.happens(0.1)) return {};
  const some = (): Group => groups[draw.number(0, groups.length - 1)] ?? { cluster: 'shop', nodeGroup: 'web' };
  return {
    shells: {
      groups: groups.map((group) => ({
        ...group,
        ...(draw.happens(0.8) && { way: draw.of<WayIn>('key', 'key', 'key', 'key-elsewhere') }),
        sessions: draw.happens(0.8),
      })),
      ...(draw.happens(0.2) && { waived: some().nodeGroup }),
      rulings: draw.some(2, 10, () => ({
        atMinute: draw.number(60, busyMinutes),
        action: draw.of('approve', 'reject', 'reject'),
        index: draw.number(0, 19),
      })),
      writes: draw.some(0, 2, () => ({ ...some(), atMinute: draw.number(60, busyMinutes), index: draw.number(0, 9) })),
    },
  };
}

/** A drawn policy with what it says of ways in: they are closed in the mode of quarantines, and looked for each hour. */
function withShells(policy: Policy, { shells }: OfShells): Policy {
  if (shells === undefined) return policy;
  const { mode = 'observe', every = '1h', waivers = [], ...posture } = Object(policy.posture);
  const ofDay =
    shells.waived === undefined ? [] : [{ id: 'W-SSH', check: 'SSH.1', nodegroup: shells.waived, ...GIVEN }];
  return {
    ...policy,
    posture: { ...posture, mode: mode === 'off' ? 'observe' : mode, every, waivers: [...waivers, ...ofDay] },
    shells: { hosts: policy.quarantine.mode },
  };
}

/** A drawn fleet whose node groups have the flaws and the ways in of the day. */
function fleetWithFlaws(fleet: Fleet, { posture, shells }: OfShells & OfPosture): Fleet {
  if (posture === undefined && shells === undefined) return fleet;
  const of = <One extends Group>(all: readonly One[] | undefined, cluster: string, name: string): One | undefined =>
    all?.find((one) => one.cluster === cluster && one.nodeGroup === name);
  return {
    ...fleet,
    clusters: fleet.clusters.map((cluster) => ({
      ...cluster,
      // Systems Manager reaches hosts without a public address by endpoints.
      network: { wayOut: cluster.network, endpoints: {} },
      nodeGroups: cluster.nodeGroups.map((group) => {
        const { way, sessions = true } = of(shells?.groups, cluster.name, group.name) ?? {};
        const host = hostWith(of(posture?.groups, cluster.name, group.name)?.flaws ?? [], way);
        const ssm = Object(group.ssm);
        return {
          ...group,
          ssm: {
            ...ssm,
            ...(!sessions && WITHOUT_SESSIONS),
            ...(host !== undefined && { commands: { ...ssm.commands, host } }),
          },
        };
      }),
    })),
  };
}

/** A role whose agents take commands, while no session reaches the hosts. */
const WITHOUT_SESSIONS = {
  managedPolicy: false,
  role: {
    policies: {
      agent: {
        Statement: { Effect: 'Allow', Action: ['ssm:UpdateInstanceInformation', 'ec2messages:*'], Resource: '*' },
      },
    },
  },
};

export const SHELLS: Part<OfShells & OfPosture> = {
  stream: 'shells',
  draw: drawShells,
  policy: withShells,
  fleet: fleetWithFlaws,
};
