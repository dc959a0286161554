import type { ReplacementOrder } from '../../shared/ledger/replacement-orders.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import { type Circumstances, type Decision, idleMemory } from '../model/decision.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { nodesOrdered } from '../model/replacement.ts';
import { chooseMoment } from '../moment/choose-moment.ts';
import type { Reason } from '../reasons.ts';
import { templateToChange } from '../release/choose-image.ts';
import { notReplaced } from './not-replaced.ts';
import { momentOfImage } from './propose-template.ts';

/** Reasons of a node group that stays with the release that it runs. Any other release would replace its nodes. */
const STAYS: ReadonlySet<Reason> = new Set<Reason>(['up-to-date', 'newer-than-recommended', 'end-of-life']);

/** Reasons of a newer release that may never come to the node group. Once a replacement is late it waits for none. */
const COMES_NOT: ReadonlySet<Reason> = new Set<Reason>(['earlier-wave', 'wave-stopped', 'halted']);

/**
 * Decides about a node group that stays with its release, where an order has nodes of it replaced; a pure function. EKS
 * is asked once for an update to the release that the group runs, at a moment that windows, waves and all else choose
 * as for an upgrade. A group with an AMI of its owner gets a version of its launch template with the same data, which
 * EKS documents to replace all nodes.
 *
 * @param decided what is decided about releases
 */
export function orReplaceNodes(
  observation: Observation,
  view: NodeGroupView,
  decided: Decision,
  circumstances: Circumstances,
): Decision {
  const { order, state, key } = observation;
  if (order === undefined || nodesOrdered(observation).length === 0) return decided;
  const stays = STAYS.has(decided.reason);
  if (!stays && !(isLate(order, circumstances.now) && COMES_NOT.has(decided.reason))) return decided;
  const { releaseVersion } = view;
  const { launchedBefore: replaces, since = circumstances.now, why } = order;
  const tried = state.replacementTried ?? 0;
  if (tried >= replaces) return stays ? notReplaced({ key, view, replaces: tried }, idleMemory(state)) : decided;
  // The nodes run the release already, so that nothing has to bake.
  const release = { releaseVersion, firstSeenAt: since, replaces };
  const chosen = view.custom === undefined ? undefined : templateToChange(observation, view, circumstances.now);
  if (chosen !== undefined && 'decision' in chosen) return chosen;
  const due =
    chosen === undefined
      ? chooseMoment(observation, view, release, circumstances)
      : momentOfImage(observation, { release, view, template: chosen }, circumstances);
  const isTold = due.decision === 'acted' || due.decision === 'would-act';
  const message = isTold ? `${due.message} ${why}` : due.message;
  return { ...due, message, releaseVersion, replaces };
}

const isLate = ({ lateFrom }: ReplacementOrder, now: number): boolean => lateFrom !== undefined && lateFrom <= now;

/**
 * Says of a node group that its replacement is late, beside what keeps it; a pure function. This is news, once.
 *
 * @param now epoch milliseconds
 */
export function tellingLate(decided: Decision, observation: Observation, now: number): Decision {
  const { order } = observation;
  const left = nodesOrdered(observation).length;
  if (order === undefined || left === 0 || !isLate(order, now)) return decided;
  if (decided.memory.upgrade !== undefined || decided.isSilent || decided.answers !== undefined) return decided;
  const nodes = `${counted(left, 'node')} that ${left === 1 ? 'was' : 'were'} launched before ${iso(order.launchedBefore)}`;
  const message = `${decided.message} This keeps ${nodes} from being replaced, and that is late by now. ${order.why}`;
  return { ...decided, message, variant: `${decided.variant} late`.trim() };
}
