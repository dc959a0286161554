import { isInvalid } from '../shared/policy/policy.ts';
import { type Circumstances, type GroupDecision, say } from './decision.ts';
import { exposureWords, isPublicByDesign, policyToClose, waysToClose } from './exposure-text.ts';
import type { GroupObservation } from './observation.ts';
import type { Policy } from './policy.ts';
import { leftOpenInWords } from './sharing.ts';

/**
 * Decides about one group of which workers are exposed; a pure function. A group that is public by design is reported
 * once, and by policy the exposure is closed for all of it; its workers are not quarantined, which would empty it. What
 * others use that must not be touched, or of which nobody knows who uses it, is left open, and that is told.
 */
export function decideGroup(group: GroupObservation, circumstances: Circumstances): GroupDecision {
  if (group.request !== undefined) return aboutRequest(group, circumstances.policy);
  const policy = policyToClose(group, circumstances);
  // Each of its workers says which guard holds.
  if (policy === undefined) {
    return { ...say('skipped', 'public-by-design', ''), silent: true, publicByDesign: false };
  }
  return { ...aboutExposures(group, policy, circumstances.account), details: detailsOf(group), publicByDesign: true };
}

function aboutExposures(
  group: GroupObservation,
  policy: Policy,
  account: string,
): Omit<GroupDecision, 'publicByDesign'> {
  const why = describe(group);
  const report = say('refused', 'public-by-design', `${why} They are not quarantined.`, group.publicSubnets.join(' '));
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
  return left.length === 0 ? report : say('refused', 'way-in-shared', sentences(''), variantWith());
}

const detailsOf = ({ publicSubnets, exposed, size }: GroupObservation) => ({
  subnets: [...publicSubnets],
  exposed: exposed.length,
  workers: exposed.slice(0, 100),
  size,
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

function describe({ exposed, size, publicSubnets }: GroupObservation): string {
  const share = `${exposed.length} of ${size} workers are exposed`;
  return publicSubnets.length === 0
    ? `${share}: more than an accident.`
    : `${share}: ${publicSubnets.join(', ')} ${publicSubnets.length === 1 ? 'hands' : 'hand'} out public addresses.`;
}
