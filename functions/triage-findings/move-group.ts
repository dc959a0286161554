import type { Need } from '../shared/ledger/finding-ledger.ts';
import { offerToGroup } from '../shared/releases/offer-to-group.ts';
import { isKeptByPerson } from '../shared/rollouts/kept-by-person.ts';
import { listed } from '../shared/text/listed.ts';
import { type Circumstances, type Decision, type Memory, say } from './decision.ts';
import type { OtherGroupView, PinWay, RefreshWay, Way } from './observation.ts';
import type { Policy } from './policy.ts';
import { describe, detailsOf, isGrave, needOf } from './urgency.ts';

/** What becomes of the AMI of a group that has findings. */
type Fate =
  /** Another function is asked for another AMI. `target` says for which, and is empty where only that function knows. */
  | {
      readonly kind: 'asked';
      readonly act: 'request-refresh' | 'request-pin';
      readonly how: string;
      readonly target: string;
    }
  /** It is being replaced. */
  | { readonly kind: 'awaited'; readonly how: string; readonly target: string }
  /** What the policy names cannot be read now. Where that lasts, refresh-groups tells. */
  | { readonly kind: 'unknown'; readonly error: string; readonly code: string }
  /** It stays until somebody does something, or another AMI is there. */
  | { readonly kind: 'stays'; readonly why: string; readonly variant: string; readonly hint: string };

/** Decides about the open findings of a group outside of managed node groups; a pure function. */
export function moveGroup(view: OtherGroupView, memory: Memory, { policy, now }: Circumstances): Decision {
  const { open, way } = view;
  const need = needOf(open, view.runs, now);
  if (need === undefined) throw new Error('Only open findings want another AMI.');
  const remembered: Memory = { ...memory, need };
  const what = describe(need, open);
  const fate = fateOf(way, policy, now);
  const tell = (decision: ReturnType<typeof say>, hint?: string): Decision & { readonly outcome: object } => ({
    ...decision,
    outcome: { ...decision.outcome, details: detailsOf(need, open), ...(hint !== undefined && { hint }) },
  });
  if (fate.kind === 'stays') {
    const message = `${what}. A fix is available. ${fate.why}`;
    return isGrave(need)
      ? tell(say('refused', 'ami-stays-vulnerable', message, remembered, fate.variant), fate.hint)
      : tell(say('skipped', 'ami-stays', message, remembered, fate.variant), fate.hint);
  }
  if (fate.kind === 'unknown') {
    const message = `${what}. The AMI that the policy names cannot be read: ${fate.error}`;
    return tell(say('waiting', 'unreadable', message, remembered, fate.code));
  }
  const variant = `${fate.target} ${need.urgency}`.trim();
  if (fate.kind === 'awaited') {
    return tell(say('waiting', 'move-awaited', `${what}. ${fate.how}`, remembered, fate.target));
  }
  const asked = (words: string): string => `${what}. ${fate.how} ${words}, ${inTurn(need)}.`;
  if (policy.findings.mode === 'observe') {
    return tell(say('would-act', 'would-request-move', asked('would be asked to look'), remembered, variant));
  }
  return { ...tell(say('acted', 'move-requested', asked('is asked to look'), remembered, variant)), act: fate.act };
}

function fateOf(way: Way, policy: Policy, now: number): Fate {
  switch (way.kind) {
    case 'refresh':
      return fateByRefresh(way, policy, now);
    case 'pin':
      return fateByPin(way, policy);
    case 'none':
      return STRAY;
  }
}

const STRAY: Fate = {
  kind: 'stays',
  why: 'These nodes are in no Auto Scaling group, and nothing tells their node pool: nothing here replaces them.',
  variant: 'stray',
  hint: 'Have their pods go to other nodes, and end these; or have an Auto Scaling group or a node pool launch them.',
};

const inTurn = ({ urgency }: Need): string => (urgency === 'urgent' ? 'urgent' : 'at its turn');

const SET_WANTED =
  'Build an AMI with the fixed packages. To have the group moved to it, have refreshes.wanted name it, with refreshes.mode enforce; or put it into the launch template, and start an instance refresh yourself.';
const MOVE_YOURSELF =
  'Set refreshes.mode to enforce, or put an AMI with the fixed packages into the launch template, and start an instance refresh yourself.';

/** Reasons of refresh-groups for a group of which a move is only proposed, or was not due at its last look. */
const NOT_DECIDED: ReadonlySet<string | undefined> = new Set([
  undefined,
  'group-refreshed',
  'image-unclear',
  'mode-off',
  'would-refresh',
]);

/** Reasons of refresh-groups for refreshes to one AMI that have failed. They say nothing of a move to another one. */
const OF_ONE_AMI: ReadonlySet<string> = new Set([
  'refresh-cancelled',
  'refresh-failed',
  'refresh-halted',
  'refresh-incomplete',
  'refresh-nodes-absent',
]);

/** Whether refresh-groups has last said that the group does not move to an AMI before somebody acts. */
const isKept = ({ reason, failedTo }: RefreshWay, target: string): boolean =>
  reason !== undefined &&
  !NOT_DECIDED.has(reason) &&
  isKeptByPerson(reason) &&
  !(OF_ONE_AMI.has(reason) && failedTo !== undefined && failedTo !== target);

function fateByRefresh(way: RefreshWay, { refreshes }: Policy, now: number): Fate {
  const { wanted, present, movesTo, reason } = way;
  const stays = (why: string, variant: string, hint: string): Fate => ({ kind: 'stays', why, variant, hint });
  if (movesTo !== undefined) return { kind: 'awaited', how: `A refresh to ${movesTo} is under way.`, target: movesTo };
  if (refreshes.mode === 'off') {
    return stays('Nothing here replaces the AMI: the policy has refreshes off (refreshes.mode).', 'off', MOVE_YOURSELF);
  }
  if (wanted === undefined) {
    return stays('Nothing here replaces the AMI: the policy names none (refreshes.wanted).', 'unnamed', SET_WANTED);
  }
  if (wanted.kind === 'unreadable') return { kind: 'unknown', error: wanted.error, code: wanted.code };
  if (wanted.kind === 'none') {
    return stays(
      `Nothing here replaces the AMI: what the policy names is not there. ${wanted.message}`,
      'none',
      SET_WANTED,
    );
  }
  if (present === undefined) {
    const why = 'Nothing here replaces the AMI: EC2 does not show it, so that nobody knows which one is newer.';
    return stays(why, 'present', 'Put an AMI that exists into the launch template, and replace the workers.');
  }
  const { newer, refused } = offerToGroup(wanted.candidates, present, way, now);
  const target = newer.at(-1);
  if (target === undefined) {
    const [first] = refused;
    const not = first && ` ${first.image.imageId} (${first.image.name}) is not taken: ${first.why}.`;
    const why = `The policy names no AMI that is newer than ${present.imageId} (${present.name}).${not ?? ''} The move is hastened when it names one.`;
    return stays(why, `${present.imageId} ${first?.image.imageId ?? ''}`, SET_WANTED);
  }
  const to = `${target.imageId} (${target.name})`;
  if (refreshes.mode === 'observe' && NOT_DECIDED.has(reason)) {
    const why = `A move to ${to} is only proposed, since refreshes.mode is observe.`;
    return stays(
      why,
      `${target.imageId} proposed`,
      'Approve the move that refresh-groups proposes, or set refreshes.mode to enforce.',
    );
  }
  if (isKept(way, target.imageId)) {
    const why = `The policy names ${to}, and refresh-groups does not move the group (${reason}).`;
    return stays(why, `${target.imageId} ${reason}`, 'Do what the record of refresh-groups about the group says.');
  }
  const how = `The policy names ${to}, which is newer, and refresh-groups`;
  return { kind: 'asked', act: 'request-refresh', how, target: target.imageId };
}

const PIN_YOURSELF =
  'See which AMI the EC2NodeClass selects, and have it select one with the fixed packages: Karpenter then replaces the nodes by drift, as far as the disruption budgets of their pool let it. An alias that ends in @latest does so with each release by itself.';

function fateByPin({ classes }: PinWay, { nodeClasses }: Policy): Fate {
  const stays = (why: string, variant: string, hint: string): Fate => ({ kind: 'stays', why, variant, hint });
  const by = 'Karpenter replaces these nodes when the AMI of their EC2NodeClass changes.';
  if (nodeClasses.mode === 'off') {
    const why = `${by} Nothing here changes it: the policy has that off (nodeClasses.mode).`;
    return stays(why, 'off', PIN_YOURSELF);
  }
  const kept = [...classes].filter(([, reason]) => reason !== undefined && isKeptByPerson(reason));
  const why = kept.map(([name, reason = '']) => `${name} (${reason})`);
  const notPinned = kept.length === 0 ? by : `${by} steer-node-classes does not pin ${listed(why)}.`;
  const target = kept.map(([name, reason = '']) => `${name} ${reason}`).join(' ');
  const isCurrent = (reason: string | undefined) => reason === 'node-class-current';
  const isSettled = (reason: string | undefined) =>
    reason !== undefined && (isCurrent(reason) || isKeptByPerson(reason));
  // A class that somebody keeps holds back no other. Once these are pinned, it is told that it alone is left.
  if (kept.length > 0 && [...classes.values()].every(isSettled)) {
    const record = `Do what the record of steer-node-classes about ${listed(kept.map(([name]) => name))} says.`;
    return stays(notPinned, target, `${record} ${PIN_YOURSELF}`);
  }
  const names = [...classes.keys()];
  if (names.length > 0 && [...classes.values()].every(isCurrent)) {
    const pinned = `${listed(names)} ${names.length === 1 ? 'is' : 'are'} pinned to the newest release that has baked.`;
    return stays(`${by} ${pinned} The next pin is hastened.`, 'current', PIN_YOURSELF);
  }
  const how = kept.length === 0 ? `${by} steer-node-classes` : `${notPinned} For the others, it`;
  return { kind: 'asked', act: 'request-pin', how, target };
}
