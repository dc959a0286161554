import { type Defect, seenByDay as day } from './defect.ts';

const JUDGED = 'check-posture/decide-check.ts';
const CLOSED = 'close-shells/decide.ts';

/** Defects in checks of posture and in closed shells that simulated days see by themselves, without a test of the function. */
export const DEFECTS_OF_HOSTS: readonly Defect[] = [
  day(
    59,
    'a finding of posture is told at each check',
    JUDGED,
    'const isKnown = open !== undefined && open.waiver?.id === waiver?.id && open.waiver?.until === waiver?.until;',
    'const isKnown = false;',
  ),
  day(
    59,
    'the end of a finding of posture is not told',
    JUDGED,
    'return open === undefined || isReported === true ? {} : { news: ended(id, title, open, now) };',
    'return {};',
  ),
  day(
    16,
    'a waived check is told as a finding',
    'check-posture/decide.ts',
    'const waiver = waivers.find((one) => covers(one, id, key, now));',
    'const waiver = waivers.find(() => false);',
  ),
  day(
    16,
    'a finding of posture is not told',
    JUDGED,
    'if (isReported === true || isKnown) return { finding };',
    'if (finding.hosts !== undefined) return { finding };',
  ),
  day(
    33,
    'a check that passes counts as one that fails',
    JUDGED,
    "all.filter(({ judgements }) => judgements[id]?.verdict === 'FAIL').map",
    'all.filter(({ judgements }) => judgements[id] !== undefined).map',
  ),
  day(
    13,
    'hosts are checked where the policy has that off',
    'check-posture/reconcile.ts',
    'modeIn: ({ posture }: Policy) => posture.mode,',
    "modeIn: (): 'observe' => 'observe',",
  ),
  day(
    4,
    'a host counts as closed without a look after the command',
    'close-shells/memory.ts',
    "if (command.action === 'close') return { ...memory, seen: undefined, failedAt: undefined };",
    "if (command.action === 'close') return { ...memory, seen: { at: now }, failedAt: undefined };",
  ),
  day(
    4,
    'a host is not given back its keys',
    'close-shells/shells/close-shells.sh',
    '    mv "$newest" "./$3"\n',
    '    mv "$newest" "./$3.old"\n',
  ),
  day(
    59,
    'hosts of a node group that opted out are looked at',
    'check-posture/observe.ts',
    '&& !isOptedOut(owner?.tags ?? {});',
    ';',
  ),
  day(
    16,
    'hosts are not checked again',
    'check-posture/collect.ts',
    'const every = Math.max(HOUR, policy.posture.every);',
    'const every = 100 * HOUR;',
  ),
  day(230, 'the last way in is closed', CLOSED, 'if (observation.hasSession !== true) {', 'if (false) {'),
  day(207, 'a waived way in is closed', CLOSED, 'if (waiver !== undefined) {', 'if (false) {'),
  day(
    299,
    'ways in are closed where the policy only observes',
    CLOSED,
    "if (verdict.policy.shells.hosts === 'observe' && ruling === undefined) {",
    'if (false) {',
  ),
  day(
    17,
    'nobody is asked to close what a check has found',
    'check-posture/ask-to-close.ts',
    "['SSH.1', 'SSH.4']",
    "['SSH.4']",
  ),
  day(
    434,
    'a host is closed over and over',
    CLOSED,
    'if (memory.triedAt !== undefined && now - memory.triedAt < ONE_TRY_IN) {',
    'if (false) {',
  ),
];
