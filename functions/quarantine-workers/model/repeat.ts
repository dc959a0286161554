import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import type { Scope } from '../batch.ts';
import { type Circumstances, originOf } from './decision.ts';
import type { Quarantine, QuarantineState } from './quarantine-ledger.ts';
import { isolationFaults } from './remaining.ts';
import { hasPublicAddress, interfacesOf, isTrunk } from './worker-view.ts';

interface Named {
  readonly instanceId: string;
  readonly instance: DescribedInstance;
  readonly triggers: readonly MessageTrigger[];
}

/**
 * Whether a batch only repeats the event that a worker's quarantine came from, and the worker is as the quarantine left
 * it; a pure function. EventBridge and SQS may both deliver an event twice (EventBridge user guide, "Event retry and
 * using dead-letter queues"; SQS developer guide, "At-least-once delivery").
 * Anything else needs a full reconcile: a message whose reconcile did not end, a quarantine that is unfinished, expired
 * or was undone before, and a worker that was opened again. An opened security group does not show here; its own event
 * and the sweep lead to a reconcile.
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

/** Judges by DescribeInstances, which shows neither pod interfaces nor whether the Internet reaches an address. */
function isLeftAsItWas(quarantine: Quarantine, instance: DescribedInstance): boolean {
  const { State, NetworkInterfaces = [] } = instance;
  const isThere = State?.Name === 'pending' || State?.Name === 'running';
  if (!isThere || NetworkInterfaces.some(isTrunk)) return false;
  if (quarantine.kind === 'strip') return !hasPublicAddress(instance);
  return isolationFaults(quarantine, { interfaces: interfacesOf(instance), exposures: [] }).length === 0;
}
