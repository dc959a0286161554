import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { iso } from '../shared/runtime/clock.ts';
import { listed } from '../shared/text/listed.ts';
import { aliasOf, type Family, versionOfRelease } from './alias.ts';
import { type Decision, say } from './decision.ts';
import type { ClassView } from './node-class.ts';
import { MOST_NAMED, poolsIn } from './tell-pools.ts';
import type { Mover } from './wave.ts';

/** How long Karpenter may replace nodes until somebody is told that it takes long, ms. */
const DRIFT_WITHIN = 24 * 3_600_000;

/**
 * Decides about a class that stays pinned as it is, since nothing newer is to be had: whether all its nodes run that
 * release, and what keeps Karpenter from it. A pure function.
 */
export function stayPinned(
  { view, circumstances }: Mover,
  family: Family,
  version: string,
  state: NodeClassState,
): Decision {
  const pools = poolsIn(view.pools);
  const target = aliasOf(family, version);
  const others = view.running.filter((each) => each.version !== version);
  const { now } = circumstances;
  // Karpenter replaces the nodes after an upgrade of the control plane, too, however long ago the class was pinned.
  const isBehind = others.length > 0 || view.runsOtherKubernetes === true;
  const pinnedAt = others.length > 0 && state.made?.alias === target ? state.made.at : undefined;
  const since = pinnedAt ?? (state.behind?.alias === target ? state.behind.since : now);
  const behind = isBehind ? { alias: target, since } : undefined;
  const tell = (...told: Parameters<typeof say>): Decision => ({ ...say(...told), behind });
  if (view.troubles.length > 0) {
    // Karpenter may be reconciling the class just now, so people are told from the second look on.
    const lasts = state.reason === 'node-class-unwell';
    const message = `It is pinned to ${target}. Karpenter says: ${listed(view.troubles)}.${pools}`;
    const variant = `${target} ${view.troubles.toSorted().join(' ')}${lasts ? ' lasts' : ''}`;
    return tell(lasts ? 'refused' : 'waiting', 'node-class-unwell', message, variant);
  }
  if (!isBehind) {
    if (isWithdrawn(view, family, version)) {
      const message = `It is pinned to ${target}, which Amazon has withdrawn.${pools}`;
      return tell('skipped', 'node-class-runs-withdrawn', message, target);
    }
    return tell('done', 'node-class-current', `It is pinned to ${target}.${pools}`, target);
  }
  const isSlow = now - since > DRIFT_WITHIN;
  const runs =
    others.length > 0
      ? `Nodes run ${others.map((each) => each.version).join(', ')}, too.`
      : 'Nodes run it for another Kubernetes version than that of the control plane.';
  const nodesRun = `It is pinned to ${target}. ${runs}`;
  const barred = view.pools.filter(({ drifted, driftBarredBy }) => drifted > 0 && driftBarredBy !== undefined);
  if (barred.length > 0) {
    const names = barred.slice(0, MOST_NAMED).map(({ name }) => name);
    const bars = barred.slice(0, MOST_NAMED).map(({ name, driftBarredBy }) => `${name} (${driftBarredBy})`);
    const message = `${nodesRun} Karpenter replaces no drifted node of ${listed(bars)}, at any time.${pools}`;
    const variant = `${target} ${names.toSorted().join(' ')}`;
    return isSlow
      ? tell('refused', 'node-class-drift-barred', message, `${variant} for a day`)
      : tell('waiting', 'node-class-drift-barred', message, variant);
  }
  if (isSlow) {
    const what = pinnedAt === undefined ? 'That has been so since' : 'It was pinned at';
    const message = `${nodesRun} ${what} ${iso(since)}, longer than a day ago.${pools}`;
    return tell('refused', 'node-class-drift-slow', message, target);
  }
  return tell('waiting', 'node-class-drifting', `${nodesRun}${pools}`, target);
}

/** Whether Amazon has withdrawn a version of an alias, for an architecture or variant in use. */
const isWithdrawn = ({ offer }: ClassView, family: Family, version: string): boolean =>
  offer.kind === 'offered' &&
  Object.values(offer.pairs).some(({ withdrawn }) =>
    withdrawn.some((release) => versionOfRelease(family, release) === version),
  );
