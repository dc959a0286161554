import type { Draw } from './choices.ts';
import type { WayIn } from './flawed-hosts.ts';
import { GIVEN } from './posture.ts';
import type { Group, Policy, Scenario } from './scenario.ts';

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

/**
 * Draws ways in by SSH for a tenth of all days.
 * @param busyMinutes until when operators rule on them
 */
export function drawShells(draw: Draw, groups: readonly Group[], busyMinutes: number): Pick<Scenario, 'shells'> {
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
export function withShells(policy: Policy, { shells }: Scenario): Policy {
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
