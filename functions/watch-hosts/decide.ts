import { createHash } from 'node:crypto';
import type { Telling } from '../shared/ledger/tell-once.ts';
import { counted } from '../shared/text/counted.ts';
import { listed } from '../shared/text/listed.ts';
import type { HostGroup } from './group-hosts.ts';
import type { Reason } from './reasons.ts';

/** How many of the phrases about a group are remembered, and how many are told in details. */
const MOST_REMEMBERED = 100;
const MOST_TOLD = 10;

/** The reasons of problems, which end once the hosts run something else or are gone. */
const PROBLEMS: readonly Reason[] = ['hosts-ami-deprecated', 'hosts-ami-not-allowed', 'hosts-ami-withdrawn'];

/** Whether the fingerprint of what was told last names a problem. */
export const isProblem = (fingerprint: string | undefined): boolean =>
  PROBLEMS.some((reason) => fingerprint?.startsWith(`${reason} `) === true);

/**
 * What is remembered of what the hosts of a group run, which is what a reader knows of them. A pool with several AMIs
 * has all of them on one day and some of them on the next, as it grows and shrinks: hosts that ended are no news, and
 * what they ran stays known until the group runs something else. Nobody else tells when the last old kubelet of Fargate
 * or of hybrid nodes is gone.
 */
export function rememberedOf(
  { kind, runs }: Pick<HostGroup, 'kind' | 'runs'>,
  before: readonly string[] = [],
): readonly string[] {
  const now = runs.slice(0, MOST_REMEMBERED);
  const isKnown = kind !== 'fargate' && kind !== 'hybrid' && now.every((phrase) => before.includes(phrase));
  return isKnown ? before : now;
}

/**
 * Decides what to tell of a group; a pure function. The same hosts give the same decision, which is told once.
 *
 * @param before what a reader knows that the hosts run, see {@link rememberedOf}; undefined for a group that is new
 */
export function decideGroup(group: HostGroup, before: readonly string[] | undefined): Telling<Reason> {
  const { kind, hosts, runs, deprecated, notAllowed, withdrawn } = group;
  const known = rememberedOf(group, before);
  const isSame = before !== undefined && before.join('\n') === known.join('\n');
  const change =
    before === undefined
      ? hosts === 1
        ? ' It is new.'
        : ' They are new.'
      : isSame
        ? ''
        : ` Before, it was ${listed(before)}.`;
  const told = {
    message: `${counted(hosts, 'host')} ${WHOSE[kind]} ${hosts === 1 ? 'runs' : 'run'} ${listed(runs)}.${change}`,
    variant: createHash('sha256').update(known.join('\n')).digest('hex').slice(0, 32),
    details: {
      kind,
      hosts,
      runs: runs.slice(0, MOST_TOLD),
      ...(!isSame && before !== undefined && { before: before.slice(0, MOST_TOLD) }),
    },
  };
  if (withdrawn.length > 0) {
    const words = `EC2 launches no more hosts from ${listed(withdrawn)}.`;
    return { ...told, decision: 'refused', reason: 'hosts-ami-withdrawn', message: `${told.message} ${words}` };
  }
  if (notAllowed.length > 0) {
    const words = `EC2 launches no more hosts from ${listed(notAllowed)}: the account does not allow it.`;
    return { ...told, decision: 'refused', reason: 'hosts-ami-not-allowed', message: `${told.message} ${words}` };
  }
  if (deprecated.length > 0) {
    const words = `Its owner has deprecated ${listed(deprecated)}.`;
    return { ...told, decision: 'refused', reason: 'hosts-ami-deprecated', message: `${told.message} ${words}` };
  }
  return { ...told, decision: 'skipped', reason: 'hosts-changed' };
}

/** Ends the problem of a group without hosts, or of one that nobody looks at any more; a pure function. */
export const decideGone = (why: 'no-hosts' | 'cluster-left' | 'opted-out'): Telling<Reason> => ({
  decision: 'done',
  reason: 'hosts-gone',
  message: GONE[why],
  variant: 'gone',
});

const GONE = {
  'no-hosts': 'No host of the group runs any more.',
  'cluster-left': 'The cluster does not exist any more, or is left alone.',
  'opted-out': 'The node group has opted out by its tag.',
} as const;

/** Counts the hosts of a cluster that is seen for the first time; a pure function. */
export function decideFirstSight(groups: readonly HostGroup[]): Telling<Reason> {
  const sum = (some: readonly HostGroup[]): number => some.reduce((total, { hosts }) => total + hosts, 0);
  const kinds = [...Map.groupBy(groups, ({ kind }) => kind)].map(([kind, same]) => ({
    hosts: sum(same),
    phrase: `${sum(same)} ${OWNERS[kind](same.length)}`,
    kind,
  }));
  const systems = new Map<string, number>();
  for (const group of groups) for (const [os, hosts] of group.systems) systems.set(os, (systems.get(os) ?? 0) + hosts);
  const ofSystems = [...systems].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const run =
    ofSystems.length === 0 ? '' : ` They run ${ofSystems.map(([os, hosts]) => `${os} (${hosts})`).join(', ')}.`;
  return {
    decision: 'skipped',
    reason: 'hosts-seen',
    message: `The cluster has ${counted(sum(groups), 'host')}: ${kinds.map(({ phrase }) => phrase).join(', ')}.${run}`,
    variant: 'seen',
    details: {
      owners: Object.fromEntries(kinds.map(({ kind, hosts }) => [kind, hosts])),
      systems: Object.fromEntries(ofSystems),
    },
  };
}

const OWNERS: Readonly<Record<HostGroup['kind'], (groups: number) => string>> = {
  managed: (groups) => `in ${counted(groups, 'managed node group')}`,
  'self-managed': (groups) => `in ${counted(groups, 'self-managed group')}`,
  karpenter: (groups) => `in ${counted(groups, 'node pool')} of Karpenter`,
  'auto-mode': () => 'of EKS Auto Mode',
  stray: () => 'in no group',
  fargate: () => 'of Fargate',
  hybrid: () => 'outside of AWS, as hybrid nodes',
};

const WHOSE: Readonly<Record<HostGroup['kind'], string>> = {
  managed: 'of a managed node group',
  'self-managed': 'of a self-managed group',
  karpenter: 'of a node pool of Karpenter',
  'auto-mode': 'of EKS Auto Mode',
  stray: 'in no group',
  fargate: 'of Fargate',
  hybrid: 'outside of AWS, as hybrid nodes,',
};
