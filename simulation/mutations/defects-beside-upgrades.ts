import { type Defect, defectIn } from './defect.ts';

const refresh = (what: string, file: 'hold' | 'moment' | 'move', right: string, wrong: string): Defect => ({
  what,
  file: `refresh-groups/move/${file}.ts`,
  right,
  wrong,
  tests: ['decide', 'waves', 'gates', 'breaker', 'replacement-turn'].map(
    (name) => `refresh-groups/decide/${name}.test.ts`,
  ),
});
const limit = (what: string, right: string, wrong: string): Defect => ({
  ...refresh(what, 'hold', right, wrong),
  file: 'refresh-groups/move/limits.ts',
});
const pin = (what: string, file: string, right: string, wrong: string): Defect => ({
  what,
  file: `steer-node-classes/${file}`,
  right,
  wrong,
  tests: ['decide', 'waves', 'read-node-classes'].map((name) => `steer-node-classes/${name}.test.ts`),
});
const support = defectIn('watch-support-dates/decide.ts', ['watch-support-dates/decide.test.ts']);

/**
 * Defects in refreshes of Auto Scaling groups, in pins of node classes, in what is known of sessions, and in what is told
 * of the end of a Kubernetes version's support.
 */
export const DEFECTS_BESIDE_UPGRADES: readonly Defect[] = [
  refresh('a rejected AMI is rolled out', 'hold', "if (ruling?.kind === 'rejected') {", 'if (false) {'),
  refresh('a halted AMI is tried again', 'hold', 'return halted && about(halted);', 'return undefined;'),
  refresh(
    'mode observe refreshes a group',
    'move',
    "isProposal: mode === 'observe' && ruling === undefined,",
    'isProposal: false,',
  ),
  refresh('an AMI is rolled out before it has baked', 'hold', 'if (bakedAt > now && !isProposal) {', 'if (false) {'),
  refresh(
    'a refresh passes its waves over',
    'hold',
    '? waitAtWave(target, observation, policy, circumstances)',
    '? undefined',
  ),
  refresh(
    'a replacement passes those of earlier waves over',
    'hold',
    ': waitForTurn(policy, target, circumstances)',
    ': undefined',
  ),
  refresh('a tripped breaker holds no refresh', 'moment', 'if (held !== undefined) return', 'if (false) return'),
  refresh(
    'a group does not say that its failure tripped a breaker',
    'hold',
    "if (held?.reason === 'breaker-tripped') return",
    'if (false) return',
  ),
  refresh('a refresh starts at a closed gate', 'moment', 'if (waiting !== undefined) {', 'if (false) {'),
  refresh('a refresh starts outside its windows', 'moment', 'if (opensAt > now) {', 'if (false) {'),
  refresh(
    'a refresh that others began is passed over',
    'hold',
    'if (active !== undefined) return',
    'if (false) return',
  ),
  refresh(
    'a refresh does not spare evidence',
    'moment',
    'if (quarantined.length > 0 && waitsUntil > now) {',
    'if (false) {',
  ),
  refresh(
    'a refresh starts though nobody knows whether its nodes are drained',
    'moment',
    'return doubt && pastGates(about(doubt, { wakeAt: nextLook(now, LOOK_AGAIN) }));',
    'return undefined;',
  ),
  {
    what: 'a refresh is done while the warm pool has the old AMI',
    file: 'refresh-groups/model/staying-members.ts',
    right: "lifecycleState === 'InService' || isWarmed(lifecycleState));",
    wrong: "lifecycleState === 'InService');",
    tests: ['refresh-groups/decide/follow.test.ts'],
  },
  {
    what: 'one failed call to a cluster counts as a refusal',
    file: 'drain-nodes/decide-hook.ts',
    right: 'if (now >= endsAt) return undefined;',
    wrong: 'return undefined;',
    tests: ['drain-nodes/decide-hook.test.ts'],
  },
  {
    what: 'the word of drain-nodes holds for ever',
    file: 'shared/ledger/drained-groups.ts',
    right: "now - drainableAt < HOLDS_FOR ? 'drained' : 'in-doubt'",
    wrong: "'drained'",
    tests: ['shared/ledger/drained-groups.test.ts'],
  },
  refresh('refreshes have no limit', 'moment', 'if (full !== undefined)', 'if (false)'),
  limit('one more than the limit of the cluster', 'here.length >= perCluster', 'here.length > perCluster'),
  limit('one more than the limit of the account', 'others.length < perAccount', 'others.length <= perAccount'),

  pin(
    'a class is pinned to an older release than a node runs',
    'choose-version.ts',
    'compareVersions(version, floor) >= 0',
    'floor.length > 0',
  ),
  pin('a class is pinned before a release has baked', 'choose-version.ts', 'since + bakeAge <= now', 'since <= now'),
  pin('a class is pinned to what Amazon does not publish', 'choose-version.ts', 'isPublished && ', ''),
  pin('a class that is kept as code is written', 'decide.ts', 'if (codeOwner !== undefined) {', 'if (false) {'),
  pin('a pin passes its waves over', 'decide.ts', 'if (held !== undefined) {', 'if (false) {'),
  pin('a class is pinned outside its windows', 'decide.ts', 'if (opensAt > now) {', 'if (false) {'),
  pin('a class is pinned at a closed gate', 'decide.ts', 'if (closed !== undefined) return', 'if (false) return'),
  pin(
    'others do not wait until the nodes of a class are replaced',
    'progress.ts',
    'const [oldest = pinned, ...others] = view.running.map(({ version }) => version).toSorted(compareVersions);',
    'const [oldest = pinned, ...others] = pinned === undefined ? [] : [pinned];',
  ),
  pin(
    'a claim that cannot be read counts against nobody',
    'read-node-classes.ts',
    'misformed.get(name) ?? misformed.get(OF_ALL)',
    'misformed.get(name)',
  ),
  pin(
    'classes that were only proposed hold up no wave once the policy has changed',
    'progress.ts',
    '...(isProposed && leftByPolicy(here))',
    '...(isProposed && { isLeftAlone: true as const })',
  ),

  pin('a budget of 0 is not told', 'stay-pinned.ts', 'drifted > 0 && driftBarredBy !== undefined', 'false'),
  pin('a budget with a schedule counts as one for ever', 'kept-objects.ts', 'schedule === undefined && ', ''),

  {
    what: 'what a former policy left alone holds up no wave',
    file: 'shared/rollouts/progress.ts',
    right: 'leftUnder !== version;',
    wrong: 'false;',
    tests: ['upgrade-node-groups/decide/waves.test.ts'],
  },
  {
    what: 'the last way into a host is closed',
    file: 'close-shells/decide.ts',
    right: 'if (observation.hasSession !== true) {',
    wrong: 'if (observation.hasSession === false) {',
    tests: ['close-shells/decide.test.ts'],
  },
  {
    what: 'a restart of an agent is told as lost sessions',
    file: 'manage-ssm-agent/decide.ts',
    right: '? unconnectedSince + CONNECTS_AGAIN',
    wrong: '? now',
    tests: ['manage-ssm-agent/decide.test.ts'],
  },
  {
    what: 'the installation of agents is begun anew without what another reconcile has saved',
    file: 'manage-ssm-agent/remedies/install-agent.ts',
    right: 'known = (await readInstallations(ledger, [cluster])).get(cluster) ?? NOBODY;',
    wrong: 'known = NOBODY;',
    tests: ['manage-ssm-agent/remedies/install-agent.test.ts'],
  },
  {
    what: 'an instance that an AWS service operates is quarantined',
    file: 'quarantine-workers/decide/decide-exposed.ts',
    right: 'if (view.operatedBy !== undefined) {',
    wrong: 'if (false) {',
    tests: ['quarantine-workers/decide/decide.test.ts'],
  },

  support('a cluster that opted out is told of', 'if (isOptedOut(tags)) return', 'if (false) return'),
  support('an end that is past is told as one to come', 'if (at <= now) {', 'if (false) {'),
  support('the last notice says what the first one did', 'NOTICES.findLast(', 'NOTICES.find('),
  support('an end that is past is told at every look', 'Math.floor((now - at) / AGAIN)', 'now - at'),
];
