import { unmanagedGroup } from '../../shared/fleet/worker.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { counted } from '../../shared/text/counted.ts';
import { portsInWords } from '../exposure/exposure-words.ts';
import { type Circumstances, type GroupDecision, say } from '../model/decision.ts';
import { circumstancesOfGroup } from '../model/guards.ts';
import type { GroupObservation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';
import { exposureWords, isPublicByDesign, policyToClose, waysToClose } from './exposure-text.ts';
import { leftOpenInWords } from './sharing.ts';

/**
 * Decides about one group with exposed workers; a pure function. A group that is public by design is reported once, and
 * the policy may close the exposure for all of it. Its workers are not quarantined, because that would empty the group.
 * What others use and must keep, and what has unknown users, is left open and reported.
 */
export function decideGroup(group: GroupObservation, anywhere: Omit<Circumstances, 'publicGroups'>): GroupDecision {
  const circumstances = circumstancesOfGroup(group, anywhere);
  if (group.request !== undefined) return aboutRequest(group, circumstances.policy);
  const policy = policyToClose(group, circumstances);
  // The record of each worker says which guard holds.
  if (policy === undefined) {
    return { ...say('skipped', 'public-by-design', ''), silent: true, publicByDesign: false };
  }
  const decided = aboutExposures(group, policy, circumstances);
  return { ...decided, details: detailsOf(group), publicByDesign: true };
}

function aboutExposures(
  group: GroupObservation,
  policy: Policy,
  { account, slots }: Pick<Circumstances, 'account' | 'slots'>,
): Omit<GroupDecision, 'publicByDesign'> {
  const why = describe(group);
  const held = group.exposed.filter((id) => id in slots);
  const isCauseKnown = causesOf(group).length > 0;
  const others =
    held.length === 0
      ? `They are not quarantined: ${isCauseKnown ? 'their replacements would be exposed as well' : 'that would empty the group'}.`
      : `${held.join(', ')} ${held.length === 1 ? 'is' : 'are'} in quarantine already and ${held.length === 1 ? 'stays' : 'stay'} there until released; no other one is quarantined.`;
  const configured = [...group.publicSubnets, ...group.ipv6Subnets, ...group.publicTemplates].join(' ');
  const report = {
    ...say('refused', 'public-by-design', `${why} ${others}${openInWords(group)}`, configured),
    ...(isCauseKnown ? ofKarpenter(group) : { hint: REPLACE }),
  };
  if (group.state.leftOpen === true) return report;
  const enforced = waysToClose(group, policy, account, 'enforce');
  const observed = waysToClose(group, policy, account, 'observe');
  const left = [...enforced.left, ...observed.left];
  // The variant names what is left open, but not its users: users come and go, and the record is written once.
  const variantWith = (...closed: string[]) => [...closed, ...left.map(({ id }) => id)].join(' ');
  const sentences = (told: string) => [why, told, leftOpenInWords(left, group)].filter((each) => each !== '').join(' ');
  if (enforced.ways !== undefined) {
    const closed = exposureWords(enforced.ways);
    const told = say('acted', 'group-hardened', sentences(`Closed: ${closed}.`), variantWith(closed));
    return { ...told, harden: enforced.ways, about: sentences('') };
  }
  if (observed.ways !== undefined) {
    const closed = exposureWords(observed.ways);
    return say('would-act', 'would-harden', sentences(`Would close: ${closed}.`), variantWith(closed));
  }
  return left.length === 0 ? report : say('refused', 'exposure-shared', sentences(''), variantWith());
}

const detailsOf = (group: GroupObservation) => ({
  subnets: [...new Set([...group.publicSubnets, ...group.ipv6Subnets])],
  ...(group.publicTemplates.length > 0 && { launchTemplates: [...group.publicTemplates] }),
  exposed: group.exposed.length,
  ...(group.moreExposed === true && { moreExposed: true }),
  workers: group.exposed.slice(0, 100),
  size: group.size,
  ...(group.moreWorkers === true && { moreWorkers: true }),
});

/** Decides about an operator's request to open the group again. */
function aboutRequest(group: GroupObservation, policy: Circumstances['policy']): GroupDecision {
  const { state, request, key } = group;
  // The same reconcile does not quarantine its workers, whatever becomes of the request.
  const publicByDesign = state.closed !== undefined || isInvalid(policy) || isPublicByDesign(group, policy.quarantine);
  const { requestedBy = '', why = '' } = request?.event.detail ?? {};
  const variant = request?.trigger.id ?? '';
  const about = { publicByDesign, answers: variant };
  if (state.answered === variant) return { ...say('done', 'group-restored', ''), silent: true, ...about };
  if (state.closed === undefined) {
    const message = `Nothing of ${key.nodegroup} was closed, so there is nothing to open again (asked by ${requestedBy}).`;
    return { ...say('refused', 'request-refused', message, variant), ...about };
  }
  const message = `Opened again as it was, on request of ${requestedBy}: ${why}`;
  return {
    ...say('done', 'group-restored', message, variant),
    details: { requestedBy, why },
    ...about,
    restore: true,
    about: `${requestedBy} asked to have it opened again: ${why}`,
  };
}

/** For workers that outlived what gave them their addresses: subnets that were closed, or a template that was changed. */
const REPLACE =
  'Replace these workers, by an upgrade or one after the other, and look whether the new ones get public addresses. If they do, find what gives them.';

/**
 * What to change where Karpenter launches the nodes: their launch templates are its own. Source: Karpenter, "NodeClasses"
 * (subnetSelectorTerms, associatePublicIPAddress), "Disruption" (drift).
 */
const ofKarpenter = ({ key }: GroupObservation): { readonly hint?: string } =>
  unmanagedGroup(key.nodegroup)?.kind === 'node-pool'
    ? {
        hint: 'Have the EC2NodeClass of the node pool select private subnets (subnetSelectorTerms), or give no public addresses (associatePublicIPAddress: false); Karpenter then replaces its nodes by drift. Or let the policy close the exposure (quarantine.publicByDesign).',
      }
    : {};

/** What gives workers of the group public addresses now, in clauses. */
function causesOf({ publicSubnets, ipv6Subnets, publicTemplates, sharedSubnets }: GroupObservation): readonly string[] {
  const named = (name: string) => {
    const owner = sharedSubnets?.get(name);
    return owner === undefined ? name : `${name} of account ${owner}`;
  };
  const verb = (names: readonly string[], stem: string) =>
    `${names.map(named).join(', ')} ${stem}${names.length === 1 ? 's' : ''}`;
  return [
    ...(publicSubnets.length > 0 ? [`${verb(publicSubnets, 'hand')} out public addresses`] : []),
    ...(ipv6Subnets.length > 0 ? [`${verb(ipv6Subnets, 'hand')} out IPv6 addresses that the Internet reaches`] : []),
    ...(publicTemplates.length > 0 ? [`${verb(publicTemplates, 'ask')} for public addresses`] : []),
  ];
}

function describe(group: GroupObservation): string {
  const { exposed, size } = group;
  const causes = causesOf(group);
  const orMore = (more?: boolean) => (more === true ? ' or more' : '');
  const workers = group.moreWorkers === true ? `${size} or more workers` : counted(size, 'worker');
  const share = `${exposed.length}${orMore(group.moreExposed)} of ${workers} ${exposed.length === 1 ? 'is' : 'are'} exposed`;
  return causes.length === 0
    ? `${share}, by addresses from their launch. No subnet or launch template was found that gives new workers any.`
    : `${share}: ${causes.join(', ')}.`;
}

const openInWords = ({ openPorts }: GroupObservation): string =>
  openPorts.length === 0 ? '' : ` Open to the world: ${portsInWords(openPorts)}.`;
