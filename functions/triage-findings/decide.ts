import { codeIn } from '../shared/fleet/reading.ts';
import { unmanagedGroup } from '../shared/fleet/worker.ts';
import { guardOf } from '../shared/policy/guards.ts';
import { policyFor } from './circumstances.ts';
import { REMEDY } from './decide-coverage.ts';
import { type Circumstances, type Decision, type Memory, memoryOf, say } from './decision.ts';
import { follow, type Hosts, type Wording } from './follow.ts';
import { moveGroup } from './move-group.ts';
import type { GroupObservation, NodeGroupView, OtherGroupView } from './observation.ts';
import { upgradeGroup } from './upgrade-group.ts';

const UNMANAGED = {
  // Source: EKS user guide, "Automate cluster infrastructure with EKS Auto Mode".
  'auto-mode':
    'AWS chooses the AMI of EKS Auto Mode. It replaces a node once a newer AMI is out, as the disruption budgets of its NodePool allow, and after 21 days at the latest.',
  karpenter: 'Nothing tells their node pool, so nothing here replaces these nodes.',
  'self-managed': 'They are in no Auto Scaling group, so nothing here replaces these nodes.',
} as const;

/** What the owner of the nodes can do. */
const TODO = {
  'auto-mode':
    'Where nodes are held back, look at spec.disruption.budgets and expireAfter of their NodePool, and at karpenter.sh/do-not-disrupt and the disruption budgets of pods.',
  karpenter: 'Replace these nodes yourself, by ones with an AMI that has the fix.',
  'self-managed': 'Replace these nodes yourself, by ones with an AMI that has the fix.',
} as const;

/**
 * Decides about the findings of one node group: a pure function of the observation, the policy and the time. It first
 * concludes the remembered findings, then handles the open ones.
 */
export function decide(observation: GroupObservation, anywhere: Circumstances): Decision {
  const { view, state } = observation;
  const circumstances = { ...anywhere, policy: policyFor(anywhere.policy, observation) };
  const memory = memoryOf(state);
  switch (view.kind) {
    case 'gone':
      return say('skipped', 'node-group-gone', goneInWords(observation), {});
    case 'unreadable':
      return say('failed', 'unreadable', view.error, memory, codeIn(view.error));
    case 'unmanaged':
      return unmanaged(view);
    case 'node-group':
      return concluded(observation, view, memory, circumstances) ?? upgradeGroup(view, memory, circumstances);
    case 'other-group':
      return concluded(observation, view, memory, circumstances) ?? moveGroup(view, memory, circumstances);
  }
}

function unmanaged({ ownership }: Extract<GroupObservation['view'], { kind: 'unmanaged' }>): Decision {
  const decision = say('skipped', ownership, `It has findings. ${UNMANAGED[ownership]}`, {});
  return { ...decision, outcome: { ...decision.outcome, hint: TODO[ownership] } };
}

const goneInWords = ({ subject }: GroupObservation): string =>
  unmanagedGroup(subject.nodegroup) === undefined
    ? 'The node group does not exist.'
    : 'Auto Scaling does not show the group.';

/** What is to be said before open findings are looked at; undefined where these want a remedy. */
const concluded = (
  observation: GroupObservation,
  view: NodeGroupView | OtherGroupView,
  memory: Memory,
  circumstances: Circumstances,
): Decision | undefined =>
  follow(hostsOf(view), memory, wordingOf(view), circumstances.now) ??
  nothingOpen(observation, view, memory) ??
  guard(observation, view, circumstances);

/** The workers of a group, as the end of their findings depends on them. */
export function hostsOf(view: NodeGroupView | OtherGroupView): Hosts {
  const { open, aftermath } = view;
  const seen = { open, ...(aftermath !== undefined && { aftermath }) };
  if (view.kind === 'node-group') return { ...seen, runs: view.releaseVersion, isMoving: view.status === 'UPDATING' };
  return { ...seen, runs: view.runs, isMoving: view.way.kind === 'refresh' && view.way.movesTo !== undefined };
}

const ANOTHER_AMI = 'Build another AMI with the fixed packages.';

function wordingOf(view: NodeGroupView | OtherGroupView): Wording {
  if (view.kind === 'node-group') {
    const group = 'The node group';
    return view.amiType === 'CUSTOM' ? { what: 'AMI', group, notFixed: ANOTHER_AMI } : { what: 'Release', group };
  }
  return view.way.kind === 'refresh'
    ? { what: 'AMI', group: 'The Auto Scaling group', notFixed: ANOTHER_AMI }
    : { what: 'AMI', group: 'The node pool' };
}

function nothingOpen(
  { claimed }: GroupObservation,
  view: Pick<NodeGroupView, 'open'>,
  memory: Memory,
): Decision | undefined {
  if (view.open.length > 0) return undefined;
  if (claimed === undefined) return { memory };
  const message = 'An event named findings, but Inspector has none open on the workers.';
  return say('skipped', 'finding-not-open', message, memory);
}

/** The guards under which findings start nothing. */
function guard(
  { subject }: GroupObservation,
  view: NodeGroupView | OtherGroupView,
  circumstances: Circumstances,
): Decision | undefined {
  const { cluster } = subject;
  const what = view.kind === 'node-group' ? 'The node group' : 'The Auto Scaling group';
  const verdict = guardOf(
    { cluster, tags: { [`Cluster ${cluster}`]: view.clusterTags, [what]: view.tags } },
    circumstances,
    REMEDY,
  );
  if ('guardResult' in verdict) {
    const { decision, reason, message, variant } = verdict.guardResult;
    return say(decision, reason, message, {}, variant);
  }
  return undefined;
}
