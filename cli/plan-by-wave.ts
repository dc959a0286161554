import { subjectOf } from '../functions/shared/ledger/node-group-key.ts';
import { nextOpening } from '../functions/shared/policy/change-window.ts';
import { isInvalid } from '../functions/shared/policy/policy.ts';
import { CUSTOM, placeOfWave, rolloutPair } from '../functions/shared/rollouts/wave-place.ts';
import { circumstancesOf } from '../functions/upgrade-node-groups/model/circumstances.ts';
import type { Circumstances, Decision } from '../functions/upgrade-node-groups/model/decision.ts';
import type { Observation } from '../functions/upgrade-node-groups/model/observation.ts';
import { paceOf } from '../functions/upgrade-node-groups/model/pace.ts';
import type { Policy } from '../functions/upgrade-node-groups/policy.ts';

/** Reasons that last until somebody acts. */
const STOPPED: ReadonlySet<string> = new Set(['wave-stopped', 'breaker-tripped', 'held-by-breaker']);

/** A node group that waits or is being upgraded, in its wave. */
export interface InWave {
  readonly subject: string;
  readonly pair: string;
  readonly place: number;
  /** Absent where the policy has no waves. */
  readonly name?: string;
  readonly bakeBetween: number;
  readonly windows: Policy['upgrades']['windows'];
  /** When the upgrade may start, apart from earlier waves, epoch milliseconds. */
  readonly mayStartAt: number;
  /** Whether the release is stopped, so that it has no start time. */
  readonly isStopped: boolean;
}

/** The place of a node group among the waves; undefined where it is neither in the waitlist nor being upgraded. */
export function inWave(
  { key, need, view }: Observation,
  decision: Decision,
  anywhere: Circumstances,
): InWave | undefined {
  const { policy, now } = circumstancesOf({ key, view }, anywhere);
  if (view.kind !== 'node-group' || isInvalid(policy)) return undefined;
  if (decision.turn === undefined && decision.memory.upgrade === undefined) return undefined;
  const { bakeBetween, windows } = paceOf(need, policy, now);
  const place = placeOfWave(policy);
  const name = policy.upgrades.waves[place];
  return {
    subject: subjectOf(key),
    // AMIs of different owners wait for none of each other.
    pair: `${rolloutPair({ kubernetesVersion: view.version, amiType: view.amiType })}${view.amiType === CUSTOM ? ` ${decision.releaseVersion}` : ''}`,
    place,
    ...(name !== undefined && { name }),
    bakeBetween,
    windows,
    mayStartAt: decision.start === undefined ? (decision.turn?.mayStartAt ?? now) : now,
    isStopped: STOPPED.has(decision.reason),
  };
}

/**
 * The earliest start of each, epoch milliseconds, by subject: its own earliest start, and not before all earlier waves
 * have started and baked. The duration of their upgrades is not included.
 */
export function timesByWave(all: readonly InWave[], now: number): Map<string, number> {
  const times = new Map<string, number>();
  /** The latest start in the waves before, by pair. */
  const latest = new Map<string, number>();
  const waves = [...Map.groupBy(all, ({ place }) => place)].sort(([a], [b]) => a - b);
  for (const [, ofWave] of waves) {
    const own = ofWave.map(({ subject, pair, mayStartAt, bakeBetween, windows, isStopped }) => {
      const before = latest.get(pair);
      const entersAt = before === undefined ? mayStartAt : Math.max(mayStartAt, before + bakeBetween);
      return { subject, pair, time: isStopped || entersAt <= now ? now : nextOpening(windows, entersAt) };
    });
    for (const { subject, pair, time } of own) {
      times.set(subject, time);
      latest.set(pair, Math.max(latest.get(pair) ?? 0, time));
    }
  }
  return times;
}
