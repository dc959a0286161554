import { failureCount, type NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import type { Progress } from '../../shared/ledger/rollout-memory.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import { policyAt } from '../../shared/policy/policy-at.ts';
import { pairKey } from '../../shared/releases/ami-type.ts';
import { imageOrder } from '../../shared/rollouts/image-order.ts';
import { leftAlone, RUNS_KEPT, runsAfter, seen, stillLeft, unread } from '../../shared/rollouts/progress.ts';
import { failedRelease, isSameRelease, type TriedRelease } from '../../shared/rollouts/tried-release.ts';
import { rolloutPair, waveByTags, waveOf } from '../../shared/rollouts/wave-place.ts';
import { placeOf } from '../model/circumstances.ts';
import { type NextVersion, takesNextFrom } from '../model/control-plane.ts';
import type { Decision, Memory } from '../model/decision.ts';
import { spreadOf } from '../model/nodes.ts';
import type { CustomView, NodeGroupView, Observation } from '../model/observation.ts';
import { proposedTarget, triedRelease } from '../model/target-version.ts';
import { approvalOf } from '../moment/approval.ts';
import { isTroubled } from '../moment/heal.ts';
import { type Policy, READS } from '../policy.ts';
import type { Reason } from '../reasons.ts';

/**
 * Reasons why no release comes to a node group, for as long as they hold: a rollout does not wait for the node group.
 */
const LEFT_ALONE: ReadonlySet<Reason> = new Set<Reason>([
  'opted-out',
  'out-of-scope',
  'mode-off',
  'custom-ami',
  'version-skew',
  'cluster-failed',
  'node-group-not-active',
  'unknown-ami-type',
  'release-incomparable',
  // No AMI can be compared with one that EC2 does not describe any more, so no other AMI comes to the node group.
  'present-image-unknown',
]);

/**
 * What is remembered of how a node group stands in the rollouts of its releases; undefined where nobody waits for the
 * node group: it is gone, it is no managed one, or the policy has no waves.
 *
 * @param anywhere the policy of the account
 */
export function progressAfter(
  { key, view, state }: Observation,
  decision: Pick<Decision, 'reason' | 'memory' | 'proposal'>,
  anywhere: Policy | InvalidPolicy,
  now: number,
): Progress | undefined {
  const before = state.progress;
  if (view.kind === 'gone' || view.kind === 'unmanaged') return undefined;
  const policy = policyAt<typeof READS, Policy>(anywhere, placeOf({ key, view }), READS);
  if (isInvalid(anywhere) || isInvalid(policy)) return before;
  const wave = waveOf(policy);
  if (wave === undefined) return undefined;
  if (view.kind === 'unreadable') {
    return before && { ...unread(before, now), ...stillLeft(before, policy.upgrades.mode === 'off', policy) };
  }
  return seen(
    {
      ...runsNow(view, before, now),
      ...failedSoFar(view, state, decision.memory),
      ...nextOf(view, decision, policy, now),
      ...(LEFT_ALONE.has(decision.reason) && leftAlone(decision.reason, policy)),
      // Overrides by name are not remembered: the policy is asked again later, and may say something else by then.
      ...waveByTags(wave, key, anywhere),
    },
    before,
    now,
  );
}

/**
 * Whose releases a node group takes next, and from when on. A node group that moves to them does so whatever the policy
 * says by now.
 */
function nextOf(
  { next, amiType }: NodeGroupView,
  decision: Pick<Decision, 'memory' | 'proposal'>,
  policy: Policy,
  now: number,
): Pick<Progress, 'nextPair' | 'nextFrom'> {
  if (next === undefined) return {};
  const { upgrade } = decision.memory;
  const isChosen = isApproved(next, decision, policy, now) || hasFailed(next, decision.memory);
  const nextFrom = upgrade?.kubernetesVersion === undefined ? takesNextFrom(next, policy, isChosen) : 0;
  if (nextFrom === undefined) return {};
  return { nextPair: pairKey({ kubernetesVersion: next.version, amiType }), ...(nextFrom > 0 && { nextFrom }) };
}

/** Whether an operator has approved the node group's move to the next version, and the approval holds. */
function isApproved(
  { version, target }: NextVersion,
  { proposal }: Pick<Decision, 'proposal'>,
  { upgrades }: Policy,
  now: number,
): boolean {
  if (target.kind === 'none') return false;
  return target.offered.some(({ releaseVersion }) => {
    const { ruling } = approvalOf(proposal, proposedTarget(releaseVersion, version), upgrades, now);
    return ruling?.kind === 'approved';
  });
}

/**
 * Whether an attempt to move to the next version has failed, and no operator has had it forgotten. Later waves are to
 * learn of it.
 */
function hasFailed({ version, target }: NextVersion, memory: Memory): boolean {
  const failed = failedRelease(memory);
  if (failed === undefined || target.kind === 'none') return false;
  return target.offered.some(({ releaseVersion }) =>
    isSameRelease(failed, { releaseVersion, kubernetesVersion: version }),
  );
}

function runsNow(
  view: NodeGroupView,
  known: Progress | undefined,
  now: number,
): Pick<Progress, 'pair' | 'runs' | 'ran' | 'images' | 'imagesSince' | 'health'> {
  const pair = rolloutPair({ kubernetesVersion: view.version, amiType: view.amiType });
  const before = known?.pair === pair ? known : undefined;
  const images = view.custom && imagesOf(view.custom, now);
  return { pair, ...runsAfter(before, view.releaseVersion, (health) => healthOf(view, health), images, now) };
}

/** The AMIs of its owner that come to a node group; undefined where they cannot be read. */
const imagesOf = (
  { wanted, present, kubernetesVersion: controlPlane }: CustomView,
  now: number,
): string[] | undefined =>
  imageOrder({ wanted, present: present.kind === 'found' ? present.found : undefined, controlPlane }, now);

/**
 * The releases that a node group has failed with. A failure stays once the node group runs a newer release: that
 * release says nothing for the one that failed. The failure ends where the node group takes the failed release after
 * all, or where an operator forgives it.
 */
function failedSoFar(
  view: NodeGroupView,
  { progress: before, failures: last }: Pick<NodeGroupState, 'progress' | 'failures'>,
  { failures, formerFailures = [] }: Memory,
): Pick<Progress, 'failed'> {
  const runs = triedRelease(view.releaseVersion, view);
  const known = failures === undefined ? formerFailures : [...formerFailures, failures];
  const left = before === undefined ? runs : triedRelease(before.runs.releaseVersion, view, versionOf(before));
  const isSpoilt = before?.health === 'unhealthy' && (last?.broke ?? []).length === 0;
  const failed = [
    ...(before?.failed ?? []).filter((each) => !known.some((other) => isSameRelease(other, each))),
    ...(isSpoilt ? [left] : []),
    ...known.filter((each) => failureCount(each) > 0).map(releaseOf),
  ].filter((each) => !isSameRelease(each, runs));
  return failed.length > 0 ? { failed: failed.slice(-RUNS_KEPT) } : {};
}

const versionOf = ({ pair }: Progress): string => pair.slice(0, pair.indexOf('/'));

const releaseOf = ({ releaseVersion, kubernetesVersion }: TriedRelease): TriedRelease => ({
  releaseVersion,
  ...(kubernetesVersion !== undefined && { kubernetesVersion }),
});

/** @param before how the node group was with the same release; undefined: the node group did not run it */
function healthOf(view: NodeGroupView, before: Progress['health'] | undefined): Progress['health'] {
  if (isTroubled(view)) return 'unhealthy';
  // Nodes of the group are bound to differ while an update replaces them.
  if (view.status === 'UPDATING' || view.update?.kind === 'in-progress') return before === 'mixed' ? before : 'well';
  const { others, unknown } = spreadOf(view.nodes ?? [], view.releaseVersion, view.version);
  if (others.length > 0) return 'mixed';
  return view.nodes === undefined || unknown > 0 ? (before ?? 'unreadable') : 'well';
}
