import { type Defect, defectIn, seenBy } from './defect.ts';
import { DEFECTS_BESIDE_UPGRADES } from './defects-beside-upgrades.ts';
import { DEFECTS_OF_DAYS } from './defects-of-days.ts';
import { DEFECTS_OF_HOSTS } from './defects-of-hosts.ts';

const GUARDS = 'shared/policy/guards.ts';
const DECIDE = 'quarantine-workers/decide/decide-exposed.ts';
const QUARANTINED = 'quarantine-workers/decide/decide-quarantined.ts';
const REQUEST = 'quarantine-workers/decide/decide-request.ts';
const REMAINING = 'quarantine-workers/model/remaining.ts';
const MOMENT = 'upgrade-node-groups/moment/choose-moment.ts';
const BEGIN = 'upgrade-node-groups/moment/begin.ts';
const RELEASE = 'upgrade-node-groups/release/choose-release.ts';
const FOLLOWING = 'upgrade-node-groups/decide/follow-control-plane.ts';
const TERMINATE = 'terminate-workers/decide.ts';

const OF_PLAN = ['quarantine-workers/decide/decide.test.ts', 'quarantine-workers/plan/plan.test.ts'];
const OF_QUARANTINED = [
  'quarantine-workers/decide/decide.test.ts',
  'quarantine-workers/decide/decide-quarantined.test.ts',
];
const OF_REQUESTS = ['quarantine-workers/decide/decide-request.test.ts'];
const OF_REMAINING = ['quarantine-workers/model/remaining.test.ts', ...OF_QUARANTINED];
const OF_UPGRADES = ['upgrade-node-groups/decide/decide.test.ts', 'upgrade-node-groups/plan/plan.test.ts'];
const OF_ROLLOUTS = [
  'upgrade-node-groups/decide/decide.test.ts',
  'upgrade-node-groups/decide/waves.test.ts',
  'upgrade-node-groups/decide/gates.test.ts',
  'upgrade-node-groups/moment/preflight.test.ts',
  'upgrade-node-groups/moment/approval.test.ts',
  'upgrade-node-groups/decide/follow-control-plane.test.ts',
  'upgrade-node-groups/play/rollout.test.ts',
];
const OF_TERMINATION = ['terminate-workers/decide.test.ts'];
const OF_IDENTITY = ['shared/fleet/identity.test.ts', 'shared/fleet/worker.test.ts'];

const guards = defectIn(GUARDS, [...OF_UPGRADES, ...OF_PLAN]);
const quarantine = defectIn(DECIDE, OF_PLAN);
const quarantined = defectIn(QUARANTINED, OF_QUARANTINED);
const request = defectIn(REQUEST, OF_REQUESTS);
const remaining = defectIn(REMAINING, OF_REMAINING);
const upgrades = seenBy(OF_UPGRADES);
const rollout = seenBy(OF_ROLLOUTS);
const termination = defectIn(TERMINATE, OF_TERMINATION);

/** Defects in guards, budget, identity, idempotency, ordering and release, each of which some test must see. */
export const DEFECTS: readonly Defect[] = [
  guards('an opt-out counts for nothing', 'if (isOptedOut(tags)) return', 'if (false) return'),
  guards('the kill switch stops nothing', 'if (policy.killSwitch) return', 'if (false) return'),
  guards('mode off stops nothing', "if (modeIn(policy) === 'off') return", 'if (false) return'),
  guards(
    'the scope leaves nothing out',
    'if (!isInScope(verdict.policy.scope,',
    'if (false && !isInScope(verdict.policy.scope,',
  ),
  guards('whoever claims to be a worker is one', 'if (onlyClaims !== undefined) return', 'if (false) return'),
  guards('a worker of an unknown cluster is one', 'if (notAWorker !== undefined) return', 'if (false) return'),
  guards('doubt means yes', 'if (unreadable !== undefined) return', 'if (false) return'),

  quarantine('one more than the limit of the account', 'taken.length >= perAccount', 'taken.length > perAccount'),
  quarantine(
    'one more than the limit of the cluster',
    'ofCluster.length >= perCluster',
    'ofCluster.length > perCluster',
  ),
  quarantine('one more than the limit of the group', 'ofGroup.length >= perGroup', 'ofGroup.length > perGroup'),
  quarantine('whoever has its slot waits for one', 'if (instanceId in slots) return undefined;', ''),
  quarantine('mode observe isolates', "if (mode === 'observe' && ruling === undefined) {", 'if (false) {'),
  quarantine('a rejection counts for nothing', "if (ruling?.kind === 'rejected') {", 'if (false) {'),
  quarantine('what AWS owns is isolated', "if (view.ownership === 'auto-mode') return say(", 'if (false) return say('),
  quarantine('a router is isolated', 'if (view.router === true)', 'if (false)'),
  quarantine(
    'no guard is asked',
    'const guard = guardOf(observation, view, circumstances);',
    'const guard = undefined;',
  ),
  {
    what: 'a slot that is taken is not counted for the next worker',
    file: 'quarantine-workers/plan/plan.ts',
    right: 'slots = withSlot(slots, { observation, decision }, circumstances.now);',
    wrong: '',
    tests: OF_PLAN,
  },
  {
    what: 'a quarantine goes on in mode observe',
    file: 'quarantine-workers/model/guards.ts',
    right: "(policy.quarantine.mode === 'enforce' ||",
    wrong: '(true ||',
    tests: OF_QUARANTINED,
  },

  remaining('a worker in an open group beside the closed one is closed', 'groupIds.length === 1 && ', ''),
  remaining(
    'a public address that stays is no fault',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code that is changed
    '...each.addresses.map(({ publicIp }) => `${each.id} has ${publicIp}`),',
    '',
  ),
  remaining('security groups in another order are the same', 'value === b[index]', 'b.includes(value)'),
  remaining(
    'a worker without its groups is released',
    "...(kind === 'isolate' && !isSame(now.groupIds, groups)",
    '...(false',
  ),
  quarantined(
    'a worker is left between the two groups',
    'if (isBetweenGroups(quarantine, view)) return',
    'if (false) return',
  ),
  request(
    'a request from before the quarantine counts',
    'if (isBefore(request.trigger, quarantine.startedAt)) {',
    'if (false) {',
  ),
  request(
    'a worker that is being terminated is released',
    "if (quarantine.phase === 'terminating') return refuse",
    'if (false) return refuse',
  ),
  request(
    'a repeated request extends it again',
    'const isGranted = extensions.includes(id);',
    'const isGranted = false;',
  ),
  quarantined(
    'mode observe terminates at the expiry',
    "policy.quarantine.mode === 'enforce' ? policy.quarantine.onExpiry : 'alarm'",
    'policy.quarantine.onExpiry',
  ),

  upgrades(
    'an older release is a target',
    RELEASE,
    '(compareReleases(amiType, releaseVersion, current) ?? 0) > 0',
    'releaseVersion !== current',
  ),
  upgrades('a release need not bake', RELEASE, 'firstSeenAt + bakeAge <= now),', 'firstSeenAt <= now),'),
  upgrades('a pause after a failure is none', MOMENT, 'if (retryAt > now) {', 'if (false) {'),
  upgrades(
    'one more than the limit of the cluster',
    BEGIN,
    'inCluster.length >= concurrency.perCluster',
    'inCluster.length > concurrency.perCluster',
  ),
  upgrades(
    'one more than the limit of the account',
    BEGIN,
    'inAccount.length >= concurrency.perAccount',
    'inAccount.length > concurrency.perAccount',
  ),
  {
    what: 'one attempt more before it is halted',
    file: 'upgrade-node-groups/moment/setbacks.ts',
    right: 'if (failed >= stopAfterFailures) return true;',
    wrong: 'if (failed > stopAfterFailures) return true;',
    tests: ['upgrade-node-groups/decide/breaker.test.ts'],
  },
  rollout(
    'an upgrade starts outside its windows',
    MOMENT,
    'if (shut !== undefined) return shut;',
    'if (false) return shut;',
  ),
  rollout(
    'a wave is taken before its time',
    'shared/rollouts/waves.ts',
    'if (last !== undefined && last.since + bakeBetween > now) return',
    'if (false) return',
  ),
  rollout(
    'a wave does not wait for an earlier one',
    'shared/rollouts/waves.ts',
    "if (unfinished.length > 0) return { kind: 'unfinished', blockers: unfinished, unseen };",
    '',
  ),
  rollout(
    'nobody goes alone',
    'shared/rollouts/waves.ts',
    "if (summary.hasBeenTaken) return { kind: 'open' };",
    "return { kind: 'open' };",
  ),
  rollout('a gate that cannot be read is open', 'shared/gates/gates.ts', 'if (unread.length > 0) {', 'if (false) {'),
  rollout(
    'what a look has found blocks nothing',
    MOMENT,
    "if (upgrades.preflight !== 'block' || blocking.length === 0) return undefined;",
    'return undefined;',
  ),
  {
    what: 'an approval never expires',
    file: 'shared/ledger/proposal.ts',
    right: 'if (end > now) return',
    wrong: 'if (end > 0) return',
    tests: [...OF_ROLLOUTS, 'refresh-groups/decide/decide.test.ts'],
  },
  rollout(
    'a group follows its control plane at once',
    FOLLOWING,
    'if (followsAt <= now) return undefined;',
    'return undefined;',
  ),
  rollout(
    'a group follows a control plane that is being changed',
    FOLLOWING,
    'if (changing !== undefined) {',
    'if (false) {',
  ),
  rollout('a group follows after a rollback', FOLLOWING, 'if (isRolledBack) {', 'if (false) {'),
  {
    what: 'a breaker holds nobody who has not failed',
    file: MOMENT,
    right: 'heldByBreaker(moment) ??',
    wrong: '',
    tests: ['upgrade-node-groups/decide/breaker.test.ts'],
  },
  {
    what: 'a request lifts what nobody knew when it was made',
    file: 'shared/rollouts/breaker.ts',
    right: 'Math.floor(failedAt / 1000) * 1000 <= requestedAt',
    wrong: 'failedAt > 0 && requestedAt > 0',
    tests: ['upgrade-node-groups/decide/breaker.test.ts'],
  },
  {
    what: 'old nodes are told of at every look',
    file: 'upgrade-node-groups/decide/ageing.ts',
    right: 'Math.floor(Math.log2(age / maxAge))',
    wrong: 'Math.log2(age / maxAge)',
    tests: ['upgrade-node-groups/decide/ageing.test.ts'],
  },
  upgrades(
    'mode observe upgrades',
    'upgrade-node-groups/moment/approval.ts',
    "isProposal: isNeeded && standing.ruling?.kind !== 'approved'",
    'isProposal: false',
  ),
  upgrades(
    'evidence is not spared',
    'upgrade-node-groups/moment/sparing-evidence.ts',
    'if (quarantined.length === 0 || isProposal) return undefined;',
    'return undefined;',
  ),
  upgrades(
    'what Amazon takes back is rolled out',
    MOMENT,
    '!view.target.isInDoubt) return undefined;',
    'true) return undefined;',
  ),
  {
    what: 'the newest AMI goes first',
    file: 'shared/ledger/turn-order.ts',
    right: 'a.turn.published - b.turn.published',
    wrong: 'b.turn.published - a.turn.published',
    tests: ['upgrade-node-groups/plan/plan.test.ts', 'upgrade-node-groups/moment/waitlist.test.ts'],
  },
  {
    what: 'a ruling holds for another target',
    file: 'shared/ledger/proposal.ts',
    right: 'proposed?.target === target ? proposed.ruling : undefined',
    wrong: 'proposed?.ruling',
    tests: [...OF_UPGRADES, 'quarantine-workers/decide/answer.test.ts', 'upgrade-node-groups/decide/answer.test.ts'],
  },

  termination('a worker of another cluster is terminated', 'if (worker.cluster !== cluster)', 'if (false)'),
  termination('a worker without the tag is terminated', 'if (!(QUARANTINE_TAG in tags)) return', 'if (false) return'),
  termination(
    'it is terminated before its expiry',
    'if (quarantine.expiresAt > circumstances.now) return',
    'if (false) return',
  ),
  termination('doubt terminates', 'if (doubt !== undefined) return withheld', 'if (false) return withheld'),

  {
    what: "tags that anybody can set are AWS's own",
    file: 'shared/fleet/worker.ts',
    right: 'const certain = tags[MEMBER_OF] === cluster;',
    wrong: 'const certain = true;',
    tests: OF_IDENTITY,
  },
  {
    what: 'a claim without proof is proven',
    file: 'shared/fleet/identity.ts',
    right: "if (proof.kind === 'found') return { verdict: 'proven'",
    wrong: "if (true) return { verdict: 'proven'",
    tests: OF_IDENTITY,
  },
  {
    what: 'any Auto Scaling group is that of the node group',
    file: 'shared/fleet/identity.ts',
    right: "autoScalingGroupsOf(group).includes(tags[AUTO_SCALING_GROUP_TAG] ?? '')",
    wrong: 'true',
    tests: OF_IDENTITY,
  },
  {
    what: 'an outcome that a crash kept from being recorded is lost',
    file: 'shared/ledger/outcome-ledger.ts',
    right: 'if (before.unrecorded !== undefined) record(before.unrecorded);',
    wrong: '',
    tests: ['shared/ledger/outcome-ledger.test.ts'],
  },
  ...DEFECTS_BESIDE_UPGRADES,
  ...DEFECTS_OF_DAYS,
  ...DEFECTS_OF_HOSTS,
];
