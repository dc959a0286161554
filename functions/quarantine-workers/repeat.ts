import type { Instance } from '@aws-sdk/client-ec2';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { Scope } from './batch.ts';
import { type Circumstances, originOf } from './decision.ts';
import type { Quarantine, QuarantineState } from './quarantine-ledger.ts';
import { isolationFaults } from './remaining.ts';
import { hasPublicAddress, interfacesOf, isTrunk } from './worker-view.ts';

interface Named {
  readonly instanceId: string;
  readonly instance: Instance;
  readonly triggers: readonly MessageTrigger[];
}

/**
 * Whether all that a batch says of a worker is the event that its quarantine came from, once more, and the worker stands as
 * that quarantine left it; a pure function. EventBridge and SQS may both deliver an event twice (EventBridge user guide,
 * "Event retry and using dead-letter queues"; SQS developer guide, "At-least-once delivery").
 *
 * Anything else needs a whole look: a message that comes back because its reconcile did not end, a quarantine that is not
 * through, has run out, or was undone before, and a worker that was opened again. That its security group was opened is not
 * seen here: that is an event of its own, and so is the sweep.
 */
export function isRepeat(
  { instanceId, instance, triggers }: Named,
  state: QuarantineState | undefined,
  { namedAgain }: Pick<Scope, 'namedAgain'>,
  { now }: Pick<Circumstances, 'now'>,
): boolean {
  const quarantine = state?.quarantine;
  if (state === undefined || quarantine === undefined || namedAgain.has(instanceId)) return false;
  if (!triggers.every((each) => !each.redelivered && originOf(each) === quarantine.by)) return false;
  const isAtRest = state.lease === undefined && state.unrecorded === undefined && (state.lookAt ?? Infinity) > now;
  return isAtRest && isThrough(quarantine, now) && isLeftAsItWas(quarantine, instance);
}

const isThrough = ({ phase, expiresAt, undone, found, request }: Quarantine, now: number): boolean =>
  phase === 'isolated' && expiresAt > now && undone === undefined && found === undefined && request === undefined;

/** By what DescribeInstances shows, which is no interface of a pod, and not whether the Internet reaches an address. */
function isLeftAsItWas(quarantine: Quarantine, instance: Instance): boolean {
  const { State, NetworkInterfaces = [] } = instance;
  const isThere = State?.Name === 'pending' || State?.Name === 'running';
  if (!isThere || NetworkInterfaces.some(isTrunk)) return false;
  if (quarantine.kind === 'strip') return !hasPublicAddress(instance);
  return isolationFaults(quarantine, { interfaces: interfacesOf(instance), exposures: [] }).length === 0;
}
