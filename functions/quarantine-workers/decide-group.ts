import { isInvalid } from '../shared/policy/policy.ts';
import { counted } from '../shared/text/counted.ts';
import { type Circumstances, type GroupDecision, say } from './decision.ts';
import { exposureWords, isPublicByDesign, policyToClose, waysToClose } from './exposure-text.ts';
import { circumstancesOfGroup } from './guards.ts';
import type { GroupObservation } from './observation.ts';
import type { Policy } from './policy.ts';
import { leftOpenInWords } from './sharing.ts';

/**
 * Decides about one group of which workers are exposed; a pure function. A group that is public by design is reported
 * once, and by policy the exposure is closed for all of it; its workers are not quarantined, which would empty it. What
 * others use that must not be touched, or of which nobody knows who uses it, is left open, and that is told.
 */
export function decideGroup(group: GroupObservation, anywhere: Omit<Circumstances, 'publicGroups'>): GroupDecision {
  const circumstances = circumstancesOfGroup(group, anywhere);
  if (group.request !== undefined) return aboutRequest(group, circumstances.policy);
  const policy = policyToClose(group, circumstances);
  // Each of its workers says which guard holds.
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
  const others =
    held.length === 0
      ? 'They are not quarantined: their replacements would be exposed as well.'
      : `${held.join(', ')} ${held.length === 1 ? 'is' : 'are'} in quarantine already and ${held.length === 1 ? 'stays' : 'stay'} there until released; no other one is quarantined.`;
  const configured = [...group.publicSubnets, ...group.ipv6Subnets, ...group.publicTemplates].join(' ');
  const report = say('refused', 'public-by-design', `${why} ${others}${portsInWords(group)}`, configured);
  if (group.state.leftOpen === true) return report;
  const enforced = waysToClose(group, policy, account, 'enforce');
  const observed = waysToClose(group, policy, account, 'observe');
  const left = [...enforced.left, ...observed.left];
  // By what is left open, not for whom: those come and go, and it is told once.
  const variantWith = (...closed: string[]) => [...closed, ...left.map(({ id }) => id)].join(' ');
  const sentences = (told: string) => [why, told, leftOpenInWords(left, group)].filter((each) => each !== '').join(' ');
  if (enforced.ways !== undefined) {
    const closed = exposureWords(enforced.ways);
    const told = say('acted', 'group-hardened', sentences(`Closed: ${closed}.`), variantWith(closed));
    return { ...told, harden: enforced.ways };
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

/** An operator wants the group opened again. */
function aboutRequest(group: GroupObservation, policy: Circumstances['policy']): GroupDecision {
  const { state, request, key } = group;
  // Whatever becomes of the request: its workers are not quarantined by the same reconcile.
  const publicByDesign = state.closed !== undefined || isInvalid(policy) || isPublicByDesign(group, policy.quarantine);
  const { requestedBy = '', why = '' } = request?.event.detail ?? {};
  const variant = request?.trigger.id ?? '';
  if (state.closed === undefined) {
    const message = `Nothing of ${key.nodegroup} was closed, so there is nothing to open again (asked by ${requestedBy}).`;
    return { ...say('refused', 'request-refused', message, variant), publicByDesign };
  }
  const message = `Opened again as it was, on request of ${requestedBy}: ${why}`;
  return {
    ...say('done', 'group-restored', message, variant),
    details: { requestedBy, why },
    publicByDesign,
    restore: true,
  };
}

function describe(group: GroupObservation): string {
  const { exposed, size, publicSubnets, ipv6Subnets, publicTemplates } = group;
  const verb = (names: readonly string[], stem: string) =>
    `${names.join(', ')} ${stem}${names.length === 1 ? 's' : ''}`;
  const causes = [
    ...(publicSubnets.length > 0 ? [`${verb(publicSubnets, 'hand')} out public addresses`] : []),
    ...(ipv6Subnets.length > 0 ? [`${verb(ipv6Subnets, 'hand')} out IPv6 addresses that the Internet reaches`] : []),
    ...(publicTemplates.length > 0 ? [`${verb(publicTemplates, 'ask')} for public addresses`] : []),
  ];
  const orMore = (more?: boolean) => (more === true ? ' or more' : '');
  const workers = group.moreWorkers === true ? `${size} or more workers` : counted(size, 'worker');
  const share = `${exposed.length}${orMore(group.moreExposed)} of ${workers} ${exposed.length === 1 ? 'is' : 'are'} exposed`;
  return causes.length === 0
    ? `${share}. So large a share points to the configuration.`
    : `${share}: ${causes.join(', ')}.`;
}

const portsInWords = ({ openPorts }: GroupObservation): string =>
  openPorts.length === 0 ? '' : ` Open to the world: ${openPorts.join(', ')}.`;
