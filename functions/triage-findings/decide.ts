import { unmanagedGroup } from '../shared/fleet/worker.ts';
import { guardOf } from '../shared/policy/guards.ts';
import { codeIn } from '../shared/runtime/aws-error.ts';
import { policyFor } from './circumstances.ts';
import { REMEDY } from './decide-coverage.ts';
import { type Circumstances, type Decision, type Memory, memoryOf, say } from './decision.ts';
import { follow, type Hosts, type Wording } from './follow.ts';
import { moveGroup } from './move-group.ts';
import type { GroupObservation, NodeGroupView, OtherGroupView } from './observation.ts';
import { upgradeGroup } from './upgrade-group.ts';

const ofAutoMode = say(
  'skipped',
  'auto-mode',
  'It has findings. AWS chooses the AMI of EKS Auto Mode. It replaces a node once a newer AMI is out, as the disruption budgets of its NodePool allow, and after 21 days at the latest.',
  {},
);

/** Source: EKS user guide, "Automate cluster infrastructure with EKS Auto Mode". */
const AUTO_MODE: Decision = {
  ...ofAutoMode,
  outcome: {
    ...ofAutoMode.outcome,
    hint: 'Where nodes are held back, look at spec.disruption.budgets and expireAfter of their NodePool, and at karpenter.sh/do-not-disrupt and the disruption budgets of pods.',
  },
};

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
    case 'auto-mode':
      return AUTO_MODE;
    case 'node-group':
      return concluded(observation, view, memory, circumstances) ?? upgradeGroup(view, memory, circumstances);
    case 'other-group':
      return concluded(observation, view, memory, circumstances) ?? moveGroup(view, memory, circumstances);
  }
}

function goneInWords({ subject }: GroupObservation): string {
  switch (unmanagedGroup(subject.nodegroup)?.kind) {
    case undefined:
      return subject.nodegroup.includes(':') ? 'It has no workers with findings.' : 'The node group does not exist.';
    case 'auto-scaling-group':
      return 'Auto Scaling does not show the group.';
    case 'node-pool':
      return 'No node pool may have this name.';
  }
}

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
    const none = 'The node group has no workers any more.';
    return view.amiType === 'CUSTOM' ? { what: 'AMI', none, notFixed: ANOTHER_AMI } : { what: 'Release', none };
  }
  switch (view.way.kind) {
    case 'refresh':
      return {
        what: 'AMI',
        none: 'The Auto Scaling group has no workers in its cluster any more.',
        notFixed: ANOTHER_AMI,
      };
    case 'pin':
      return { what: 'AMI', none: 'The node pool has no workers any more.' };
    case 'none':
      return { what: 'AMI', none: 'The cluster has no such nodes any more.' };
  }
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
