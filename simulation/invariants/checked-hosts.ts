import { QUARANTINE_TAG } from '../../functions/shared/fleet/scope.ts';
import type { Instance } from '../../sandbox/account/ec2/instance.ts';
import type { CallRecord } from '../../sandbox/account/service.ts';
import { sweepPauseOf } from '../scenario/parts/sweeps.ts';
import type { Policy } from '../scenario/policy.ts';
import { type Day, IGNORE } from './invariant.ts';

const HOUR_MS = 3_600_000;
/** How soon a check comes again that could not look at all groups, ms. */
const AGAIN_MS = 6 * HOUR_MS;

/** The node group of an instance by its tags: `cluster/nodegroup`; undefined: EKS manages none. */
export function groupOf({ tags }: Pick<Instance, 'tags'>): string | undefined {
  const name = tags.get('eks:nodegroup-name');
  return name === undefined ? undefined : `${tags.get('eks:cluster-name')}/${name}`;
}

/** Whether an instance or its node group opted out. */
export function isLeftAlone({ run: { account } }: Day, { tags }: Instance): boolean {
  if (tags.has(IGNORE)) return true;
  const group = account.fleet.eks
    .nodeGroupsOf(tags.get('eks:cluster-name') ?? '')
    .find(({ name }) => name === tags.get('eks:nodegroup-name'));
  return group !== undefined && Object.hasOwn(group.tags, IGNORE);
}

/** What Auto Scaling says of a worker; undefined: it is in no group. */
const lifecycleStateOf = ({ run: { account } }: Day, id: string): string | undefined =>
  account.fleet.autoScalingGroups.list().flatMap(({ members }) => members.get(id) ?? [])[0]?.lifecycleState;

/** Whether a worker was taken out of service on purpose: it is isolated, or in standby. One that was only stripped serves. */
export const isHeld = (day: Day, { id, tags }: Instance): boolean =>
  tags.get(QUARANTINE_TAG)?.startsWith('stripped') === false || lifecycleStateOf(day, id) === 'Standby';

/** Whether a worker serves in its group, so that its state says something of the group. */
export const serves = (day: Day, instance: Instance): boolean =>
  instance.state === 'running' && !isHeld(day, instance) && lifecycleStateOf(day, instance.id) === 'InService';

/** How often hosts are looked at by a policy, with all that may come between, ms. */
export const lookedAtWithin = (day: Day, { posture }: Policy): number =>
  Math.max(Number.parseInt(String(posture?.every ?? '24'), 10) * HOUR_MS, AGAIN_MS) +
  sweepPauseOf(day.scenario) +
  HOUR_MS;

/** Since when no policy has held that does not say this, epoch ms. */
export function sinceWhen({ policies, run }: Day, says: (policy: Policy) => boolean): number {
  const last = policies.findLastIndex(({ policy }) => !says(policy));
  if (last === policies.length - 1) return run.account.time.now;
  return policies[last + 1]?.since ?? run.account.time.now;
}

/** The instances that a function sends a command to; none: the call sends none. */
export const commanded = ({ operation, outcome, input }: CallRecord): string[] =>
  operation === 'SendCommand' && (outcome === 'ok' || outcome === 'reply lost' || outcome === 'caller crashed')
    ? (Object(input).InstanceIds ?? [])
    : [];
