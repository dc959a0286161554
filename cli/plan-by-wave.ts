import { subjectOf } from '../functions/shared/ledger/node-group-ledger.ts';
import { nextOpening } from '../functions/shared/policy/change-window.ts';
import { isInvalid } from '../functions/shared/policy/policy.ts';
import { pairKey } from '../functions/shared/releases/ami-type.ts';
import { circumstancesOf } from '../functions/upgrade-node-groups/circumstances.ts';
import type { Circumstances, Decision } from '../functions/upgrade-node-groups/decision.ts';
import type { Observation } from '../functions/upgrade-node-groups/observation.ts';
import { paceOf } from '../functions/upgrade-node-groups/pace.ts';
import type { Policy } from '../functions/upgrade-node-groups/policy.ts';
import { placeOfWave } from '../functions/upgrade-node-groups/wave-place.ts';

/** What passes only once somebody acts. */
const STOPPED: ReadonlySet<string> = new Set(['wave-stopped', 'breaker-tripped', 'held-by-breaker']);

/** A node group of the line, or one under way, in its wave. */
export interface InWave {
  readonly subject: string;
  readonly pair: string;
  readonly place: number;
  /** Absent: there are no waves. */
  readonly name?: string;
  readonly bakeBetween: number;
  readonly windows: Policy['upgrades']['windows'];
  /** When it may start by itself, epoch milliseconds. */
  readonly mayStartAt: number;
  /** A release that is stopped has no time. */
  readonly isStopped: boolean;
}

/** Where a node group stands among the waves; undefined where it is neither in the line nor under way. */
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
    pair: pairKey({ kubernetesVersion: view.version, amiType: view.amiType }),
    place,
    ...(name !== undefined && { name }),
    bakeBetween,
    windows,
    mayStartAt: decision.start === undefined ? (decision.turn?.mayStartAt ?? now) : now,
    isStopped: STOPPED.has(decision.reason),
  };
}

/**
 * When each may start at the earliest, epoch milliseconds, by subject: by itself, and once all of the earlier waves have started
 * and baked. How long their upgrades take is not in it.
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
