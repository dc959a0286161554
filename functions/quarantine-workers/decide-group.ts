import type { IpPermission } from '@aws-sdk/client-ec2';
import { isInvalid, type Policy, stricter } from '../shared/policy.ts';
import { isInScope, isOptedOut } from '../shared/scope.ts';
import { type Circumstances, type GroupDecision, say } from './decision.ts';
import { portsOf } from './exposure.ts';
import type { GroupObservation } from './observation.ts';

type QuarantinePolicy = Policy['quarantine'];

/**
 * Decides about one group of which workers are exposed; a pure function. A group that is public by design is reported
 * once, and by policy the way in is closed for all of it; its workers are not quarantined, which would empty it.
 */
export function decideGroup(group: GroupObservation, { policy, account }: Circumstances): GroupDecision {
  const { key, state, owner, request } = group;
  if (request !== undefined) return aboutRequest(group, policy);
  const untold = { ...say('skipped', 'public-by-design', ''), silent: true, publicByDesign: false };
  // Each of its workers says which guard holds.
  if (isInvalid(policy) || policy.killSwitch || policy.quarantine.mode === 'off') return untold;
  if (!isInScope(policy.scope, account, key.cluster) || isOptedOut(owner.tags)) return untold;
  if (owner.unreadable !== undefined) return untold;
  const { quarantine } = policy;
  if (!isPublicByDesign(group, quarantine)) return untold;

  const why = describe(group);
  const variant = group.publicSubnets.join(' ');
  const details = { subnets: [...group.publicSubnets], exposed: group.exposed.length, size: group.size };
  const report = { ...say('skipped', 'public-by-design', `${why} They are not quarantined.`, variant), details };
  if (state.leftOpen === true) return { ...report, publicByDesign: true };
  const harden = waysToClose(group, quarantine, 'enforce');
  if (harden !== undefined) {
    const message = `${why} Closed: ${inWords(harden)}.`;
    return { ...say('acted', 'group-hardened', message, inWords(harden)), details, publicByDesign: true, harden };
  }
  const would = waysToClose(group, quarantine, 'observe');
  if (would !== undefined) {
    const message = `${why} Would close: ${inWords(would)}.`;
    return { ...say('would-act', 'would-harden', message, inWords(would)), details, publicByDesign: true };
  }
  return { ...report, publicByDesign: true };
}

/** An operator wants the group opened again. */
function aboutRequest(group: GroupObservation, policy: Circumstances['policy']): GroupDecision {
  const { state, request, key } = group;
  // Whatever becomes of the wish: its workers are not quarantined by the same look.
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

/**
 * Whether the finding is about the group, not about single workers: where its subnets hand out public addresses, or where
 * more of it is exposed than the policy takes for an accident. One worker alone is never a group.
 */
export function isPublicByDesign(
  { publicSubnets, exposed, size }: Pick<GroupObservation, 'publicSubnets' | 'exposed' | 'size'>,
  { publicByDesign }: Pick<QuarantinePolicy, 'publicByDesign'>,
): boolean {
  if (publicSubnets.length > 0) return true;
  return exposed.length > 1 && (exposed.length / size) * 100 > publicByDesign.exposedShare;
}

/** What there is to close in this mode or a laxer one; undefined: nothing. */
function waysToClose(
  { worldOpen, publicSubnets }: GroupObservation,
  { mode, publicByDesign }: QuarantinePolicy,
  wanted: 'enforce' | 'observe',
): GroupDecision['harden'] {
  const { revokeIngress, closeSubnets, allowedIngress } = publicByDesign;
  const rules = worldOpen
    .map(({ groupId, permissions }) => ({
      groupId,
      permissions: permissions.filter((rule) => !allowedIngress.some((allowed) => isWithin(rule, allowed))),
    }))
    .filter(({ permissions }) => permissions.length > 0);
  const ingress = stricter(mode, revokeIngress) === wanted ? rules : [];
  const subnets = stricter(mode, closeSubnets) === wanted ? publicSubnets : [];
  return ingress.length + subnets.length === 0 ? undefined : { ingress, subnets };
}

const isWithin = (
  { IpProtocol, FromPort, ToPort }: IpPermission,
  { protocol, fromPort, toPort }: QuarantinePolicy['publicByDesign']['allowedIngress'][number],
): boolean =>
  IpProtocol === protocol && FromPort !== undefined && ToPort !== undefined && fromPort <= FromPort && ToPort <= toPort;

function describe({ exposed, size, publicSubnets }: GroupObservation): string {
  const share = `${exposed.length} of ${size} workers are exposed`;
  return publicSubnets.length === 0
    ? `${share}: more than an accident.`
    : `${share}: ${publicSubnets.join(', ')} ${publicSubnets.length === 1 ? 'hands' : 'hand'} out public addresses.`;
}

function inWords({ ingress, subnets }: NonNullable<GroupDecision['harden']>): string {
  const rules = ingress.map(({ groupId, permissions }) => `${permissions.map(portsOf).join(', ')} of ${groupId}`);
  return [...rules, ...subnets.map((id) => `automatic addresses of ${id}`)].join('; ');
}
