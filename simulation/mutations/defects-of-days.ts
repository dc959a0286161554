import type { Defect } from './defect.ts';

const day = (seed: number, what: string, file: string, right: string, wrong: string): Defect => ({
  what: `${what}, seen by a day`,
  file,
  right,
  wrong,
  tests: [],
  seed,
});

const WAVES = 'shared/rollouts/waves.ts';
const CONTROL_PLANE = 'shared/fleet/control-plane.ts';

/** Defects that simulated days see by themselves, without a test of the function. */
export const DEFECTS_OF_DAYS: readonly Defect[] = [
  day(
    61,
    'a node class passes its waves over',
    'steer-node-classes/wave.ts',
    '.find((held) => held !== undefined);',
    '.find(() => false);',
  ),
  day(
    111,
    'a wave is taken before the one before has run the release for long enough',
    WAVES,
    'if (last !== undefined && last.since + bakeBetween > now) return',
    'if (false) return',
  ),
  day(
    111,
    'the first node group of a release does not go alone',
    WAVES,
    "if (summary.hasBeenTaken) return { kind: 'open' };",
    "return { kind: 'open' };",
  ),
  day(
    16,
    'an alarm that went off keeps nothing from starting',
    'shared/gates/gates.ts',
    'if (raised.length === 0) return undefined;',
    'return undefined;',
  ),
  day(
    24,
    'an upgrade starts while its window is shut',
    'upgrade-node-groups/moment/outside-window.ts',
    'if (opensAt <= now || isProposal) return undefined;',
    'if (opensAt > 0) return undefined;',
  ),
  day(
    61,
    'one refresh more than the limit of the cluster',
    'refresh-groups/move/limits.ts',
    'here.length >= perCluster',
    'here.length > perCluster',
  ),
  day(
    31,
    'a node counts as drained while pods are on it',
    'drain-nodes/decide-drain.ts',
    "if (node.kind !== 'found' || node.pods.length > 0) return undefined;",
    "if (node.kind !== 'found') return undefined;",
  ),
  day(
    55,
    'an installer stays on nodes whose agents answer',
    'manage-ssm-agent/remedies/install-in-cluster.ts',
    'if (nodeNames.length === 0) await kubernetes.deleteDaemonSet(INSTALLER.namespace, INSTALLER.name);',
    'if (nodeNames.length === 0) return;',
  ),
  day(
    29,
    'the metadata service is changed where the policy only observes',
    'require-imdsv2/decide.ts',
    "if (verdict.policy.imds.mode === 'observe' && ruling === undefined) {",
    'if (false) {',
  ),
  day(
    84,
    'an agent that is lost counts as one that answers',
    'manage-ssm-agent/decide.ts',
    'return view.agent?.online === true',
    'return view.agent !== undefined',
  ),
  day(
    47,
    'mode enforce upgrades what nobody has approved',
    'upgrade-node-groups/moment/approval.ts',
    "const isNeeded = mode === 'observe' || approval === 'required';",
    "const isNeeded = mode === 'observe';",
  ),
  day(
    8,
    'the approval of one release counts for the next',
    'shared/ledger/proposal.ts',
    'proposed?.target === target ? proposed.ruling : undefined',
    'proposed?.ruling',
  ),
  day(
    323,
    'a cluster that could not be read once is left to the next sweep',
    'steer-node-classes/decide.ts',
    '{ wakeAt: now + UNREAD_AGAIN_MS }',
    '{}',
  ),
  day(
    69,
    'findings that are not urgent shorten the bake',
    'shared/rollouts/hastened.ts',
    '=> isUrgent(need, now) && !isInvalid(policy)',
    '=> need !== undefined && !isInvalid(policy)',
  ),
  day(
    173,
    'a node group follows its control plane by the age of its cluster',
    CONTROL_PLANE,
    'since: last === undefined ? createdAt : timeOf(last),',
    'since: createdAt,',
  ),
  day(
    193,
    'a self-managed group takes AMIs for the next Kubernetes version while its control plane can be rolled back',
    CONTROL_PLANE,
    "if (since + followAfter <= now && changing?.type !== 'VersionRollback') return version;",
    'return version;',
  ),
  day(
    14,
    'a closed change calendar keeps nothing from starting',
    'shared/gates/gates.ts',
    'if (shut.length > 0) {',
    'if (false) {',
  ),
  day(
    15,
    'an upgrade starts where EKS has no address for new nodes',
    'upgrade-node-groups/moment/choose-moment.ts',
    "if (upgrades.preflight !== 'block' || blocking.length === 0) return undefined;",
    'return undefined;',
  ),
  day(
    19,
    'a released node of Karpenter loses its mark before Karpenter has seen its former security groups',
    'quarantine-workers/act/karpenter.ts',
    'if (givenBack === undefined) return now + SEEN_WITHIN;',
    'if (givenBack === undefined) return undefined;',
  ),
];
