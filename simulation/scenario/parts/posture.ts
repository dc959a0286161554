import type { Draw } from '../choices.ts';
import { FLAW_IDS, type Flaw } from '../flawed-hosts.ts';
import type { Group } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Policy } from '../policy.ts';

/** What checks of posture find on a day, and what the policy says about it. */
export interface Posture {
  /** The flaws of each node group's hosts from their launch on. */
  readonly groups: ReadonlyArray<Group & { readonly flaws: readonly Flaw[] }>;
  /** What becomes of a group's hosts, or of one of them. New hosts of a group are as it is by then. */
  readonly changes: readonly HostChange[];
  /** Waivers of the policy, and between which minutes it has them. */
  readonly waivers: ReadonlyArray<{
    readonly fromMinute: number;
    readonly untilMinute: number;
    readonly check: Flaw;
    /** Absent: in all groups. */
    readonly nodegroup?: string;
  }>;
  readonly everyHours: number;
  readonly sample: number | 'all';
  /** When operators have a group checked, or the whole cluster. */
  readonly asks: ReadonlyArray<Group & { readonly atMinute: number; readonly isOfCluster: boolean }>;
}

export interface HostChange extends Group {
  readonly atMinute: number;
  readonly flaws: readonly Flaw[];
  /** Which of its hosts; absent: all of them. */
  readonly index?: number;
}

/** The members of a scenario for it. */
export interface OfPosture {
  /** Absent: hosts are not checked, but for what ways in need. */
  readonly posture?: Posture;
}

/** Draws checks of posture for an eighth of all days. */
function drawPosture(draw: Draw, { groups, busyMinutes }: Ground): OfPosture {
  if (!draw.happens(0.12)) return {};
  const flaws = (chance: number): Flaw[] => FLAW_IDS.filter(() => draw.happens(chance));
  const some = (): Group => groups[draw.number(0, groups.length - 1)] ?? { cluster: 'shop', nodeGroup: 'web' };
  const atMinute = () => draw.number(10, busyMinutes);
  return {
    posture: {
      groups: groups.map((group) => ({ ...group, flaws: flaws(0.4) })),
      changes: draw
        .some(1, 5, () => ({
          ...some(),
          atMinute: atMinute(),
          flaws: flaws(0.3),
          ...(draw.happens(0.3) && { index: draw.number(0, 9) }),
        }))
        .sort((one, other) => one.atMinute - other.atMinute),
      waivers: draw.some(0, 4, () => {
        const fromMinute = draw.of(0, 0, atMinute());
        return {
          fromMinute,
          untilMinute: fromMinute + draw.number(60, busyMinutes),
          check: draw.of<Flaw>('3.2.1', '3.2.4', 'EHR.1'),
          ...(draw.happens(0.5) && { nodegroup: some().nodeGroup }),
        };
      }),
      everyHours: draw.of(1, 1, 4, 24),
      sample: draw.of<number | 'all'>(1, 1, 2, 'all'),
      asks: draw.some(0, 4, () => ({ ...some(), atMinute: atMinute(), isOfCluster: draw.happens(0.4) })),
    },
  };
}

/** The minutes at which the waivers of the policy change. */
export const waiverChanges = ({ posture }: OfPosture): number[] =>
  [...new Set(posture?.waivers.flatMap(({ fromMinute, untilMinute }) => [fromMinute, untilMinute]))]
    .filter((minute) => minute > 0)
    .sort((one, other) => one - other);

/**
 * A drawn policy with what it says of posture: hosts are checked unless quarantines are off, so that this changes when a
 * policy does.
 */
function withPosture(policy: Policy, { posture }: OfPosture, minute: number): Policy {
  if (posture === undefined) return policy;
  const waivers = posture.waivers.flatMap(({ fromMinute, untilMinute, check, nodegroup }, index) =>
    fromMinute <= minute && minute < untilMinute
      ? [{ id: `W-${index}`, check, ...(nodegroup !== undefined && { nodegroup }), ...GIVEN }]
      : [],
  );
  const mode = policy.quarantine.mode === 'off' ? 'off' : 'observe';
  return {
    ...policy,
    posture: { mode, every: `${posture.everyHours}h`, sample: posture.sample, waivers },
  };
}

/** What each waiver of a day says besides. */
export const GIVEN = { reason: 'the simulation allows it', who: 'platform', until: '2027-01-01' };

export const POSTURE: Part<OfPosture> = {
  stream: 'posture',
  draw: drawPosture,
  policy: withPosture,
};
