import type { Need } from '../shared/ledger/finding-ledger.ts';
import { counted } from '../shared/text/counted.ts';
import { listed } from '../shared/text/listed.ts';
import { type Decision, type Memory, say } from './decision.ts';
import type { Aftermath, OpenFinding } from './observation.ts';
import { needOf } from './urgency.ts';

/** The workers of a group of any kind, as far as the end of their findings depends on them. */
export interface Hosts {
  /** What they run: the release of a managed node group, or else the ids of their AMIs, in order, with a blank between. */
  readonly runs: string;
  /** Set while they are being replaced. */
  readonly isMoving: boolean;
  readonly open: readonly OpenFinding[];
  readonly aftermath?: Aftermath;
}

/** What a group of some kind is told about in words. */
export interface Wording {
  /** Stands before what the workers run, such as `Release`. */
  readonly what: string;
  /** The sentence that says that it has no workers. */
  readonly none: string;
  /** What to do where the findings are not fixed; absent where the reason's own hint says it. */
  readonly notFixed?: string;
}

/**
 * Whether the group runs something else since its findings were remembered, even if it became unhealthy afterwards. One
 * with several AMIs has moved once none of those that had the findings is left.
 */
export function hasMoved(need: Need | undefined, { runs, isMoving }: Pick<Hosts, 'runs' | 'isMoving'>): boolean {
  if (need === undefined || isMoving) return false;
  const had = new Set(need.releaseVersion.split(' '));
  return !runs.split(' ').some((each) => had.has(each));
}

/** The outcome of the remembered findings; undefined while they are unchanged, or when there are none. A pure function. */
export function follow(hosts: Hosts, memory: Memory, words: Wording, now: number): Decision | undefined {
  const { need } = memory;
  const { aftermath, runs, open } = hosts;
  if (need === undefined) return undefined;
  // Nothing can be concluded during an update: nodes that are replaced take their findings with them.
  if (hosts.isMoving) return { memory };
  const moved = hasMoved(need, hosts);
  if (!moved && open.length > 0) return undefined;
  if (aftermath === undefined) return { memory };
  const areSeveral = runs.includes(' ');
  const present = listed(runs.split(' '));
  if (aftermath.workers === 0) {
    return say('done', 'findings-closed', words.none, {}, runs);
  }
  // Of workers that run the same AMI, one that was scanned represents the others.
  if (aftermath.scanned === 0 || (moved && areSeveral && aftermath.scanned < aftermath.workers)) {
    // Without an upgrade, Inspector has merely stopped scanning these workers: there is no new scan to wait for.
    if (!moved) return { memory };
    const scanned = aftermath.scanned === 0 ? 'none' : aftermath.scanned;
    const message = `Inspector has scanned ${scanned} of ${counted(aftermath.workers, 'worker')} on ${present}.`;
    return say('waiting', 'awaiting-scan', message, memory, runs);
  }
  const left = needOf(open, runs, now);
  const after: Memory = left === undefined ? {} : { need: left };
  const stillOpen = need.vulnerabilities.filter((id) => aftermath.stillOpen.includes(id));
  const gone = need.vulnerabilities.filter((id) => !stillOpen.includes(id));
  // That a release does not fix some findings is their last word; nothing more is to be decided about these.
  const areOthers = open.some(({ vulnerabilityId }) => !stillOpen.includes(vulnerabilityId));
  const leaves: Pick<Decision, 'leavesOpen'> = areOthers ? { leavesOpen: true } : {};
  const details = { releaseVersion: runs, fixed: gone, notFixed: stillOpen };
  if (!moved) {
    if (stillOpen.length > 0) return { memory };
    const message = `Inspector has closed or suppressed ${listed(gone)}. The workers still run ${present}.`;
    return { ...say('done', 'findings-closed', message, after, gone.join(' ')), ...leaves };
  }
  const on = `${words.what}${areSeveral ? 's' : ''} ${present}`;
  const variant = `${runs} ${need.vulnerabilities.join(' ')}`;
  if (stillOpen.length === 0) {
    const message = `${on} ${areSeveral ? 'fix' : 'fixes'} ${listed(gone)}.`;
    const decision = say('done', 'findings-fixed', message, after, variant);
    return { ...decision, ...leaves, outcome: { ...decision.outcome, details } };
  }
  const fixed = gone.length === 0 ? '' : ` ${areSeveral ? 'They fix' : 'It fixes'} ${listed(gone)}.`;
  const message = `${on} ${areSeveral ? 'do' : 'does'} not fix ${listed(stillOpen)}, which Inspector still finds after the upgrade.${fixed}`;
  const notFixed = { releaseVersion: runs, vulnerabilities: stillOpen };
  const decision = say('failed', 'not-fixed-by-release', message, { ...after, notFixed }, variant);
  const hint = words.notFixed === undefined ? {} : { hint: words.notFixed };
  return { ...decision, ...leaves, outcome: { ...decision.outcome, ...hint, details } };
}
