import { QUARANTINE_TAG } from '../shared/fleet/scope.ts';
import { guardOfWorker } from '../shared/policy/guards.ts';
import { type CircumstancesOf, type Told, wordsOf } from '../shared/records/decision.ts';
import { codeIn } from '../shared/runtime/aws-error.ts';
import type { Observation, OrderedQuarantine } from './observe.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

type Order = NonNullable<OrderedQuarantine['termination']>;

/** What a decision rests on besides the observation. */
export type Circumstances = CircumstancesOf<Policy>;

export interface Decision extends Told<Reason> {
  /** Present if the worker is to be terminated. The protection that its quarantine had set is lifted before. */
  readonly terminate?: { readonly liftProtection: boolean };
  /** Why the worker is not terminated. `quarantine-workers` tells it, and keeps the worker in quarantine. */
  readonly refused?: string;
  /**
   * What AWS does not do just now. Nothing is recorded: `quarantine-workers` asks again until there is an answer, and tells
   * of it where that takes long.
   */
  readonly troubled?: string;
}

export const say = wordsOf<Reason>;

/**
 * Decides about one worker; a pure function. The request only says where to look: the decision rests on what is read
 * now.
 * @returns undefined where nothing is ordered, or the order is answered
 */
export function decide(observation: Observation, circumstances: Circumstances): Decision | undefined {
  const { quarantine, instance, state, unread } = observation;
  const order = quarantine?.phase === 'terminating' ? quarantine.termination : undefined;
  if (quarantine === undefined || order === undefined) return undefined;
  const isAnswered = state.orderedAt === order.orderedAt;
  if (unread !== undefined && !isAnswered) {
    return unread.mayPass ? troubled(unread.why, order) : withheld(`it cannot be read (${unread.why}).`, order);
  }
  if (instance === undefined) return undefined;
  if (instance.state === 'shutting-down' || instance.state === 'terminated') {
    // The reconcile that called EC2 may have died before it recorded that.
    const message = `The instance is ${instance.state}.`;
    return isAnswered ? undefined : say('done', 'termination-called', message, `${order.orderedAt}`);
  }
  if (isAnswered && state.refused !== undefined) return undefined;
  const doubt = doubtOf(observation, quarantine, instance.tags, order.by, circumstances);
  const { unreadable, mayBeRead } = observation.identity?.owner ?? {};
  if (doubt !== undefined && mayBeRead === true && doubt === unreadable) return troubled(doubt, order);
  if (doubt !== undefined) return withheld(doubt, order);
  const { requestedBy, why } = quarantine.request ?? {};
  const by = order.by === 'request' ? `as ${requestedBy} asked: ${why}` : 'since its quarantine has expired';
  return {
    ...say('done', 'termination-called', `EC2 terminates it, ${by}.`, `${order.orderedAt}`),
    // EC2 protects no Spot instance, and would refuse to lift a protection that does not exist.
    terminate: { liftProtection: quarantine.saved.terminationProtected === false && !instance.spot },
  };
}

/** The refusal of one order. At an expiry it is ordered anew each hour, so only another cause is news. */
export const withheld = (why: string, { by, orderedAt }: Order): Decision => ({
  ...say('skipped', 'termination-withheld', `The worker is not terminated: ${why}`, variantOf(why, by, orderedAt)),
  refused: why,
});

const variantOf = (why: string, by: Order['by'], orderedAt: number): string =>
  by === 'expiry' ? `expiry ${codeIn(why)}` : `${orderedAt}`;

/** What AWS does not do just now. */
export const troubled = (why: string, { orderedAt }: Order): Decision => ({
  ...say('skipped', 'termination-withheld', why, `${orderedAt}`),
  troubled: why,
});

/** The sentence that says why the worker must not be terminated; undefined where nothing speaks against it. */
function doubtOf(
  { identity }: Observation,
  quarantine: OrderedQuarantine,
  tags: Readonly<Record<string, string>>,
  by: 'request' | 'expiry',
  circumstances: Circumstances,
): string | undefined {
  if (identity === undefined) return 'no tag names it as a worker of a cluster any more.';
  const { worker, owner } = identity;
  const { cluster } = quarantine;
  const remedy = { modeIn: ({ quarantine: { mode } }: Policy) => mode, about: 'quarantine' };
  const verdict = guardOfWorker({ cluster, tags, owner }, circumstances, remedy);
  if ('guardResult' in verdict) return verdict.guardResult.message;
  if (worker.cluster !== cluster)
    return `it is a worker of ${worker.cluster}, but was put into quarantine as one of ${cluster}.`;
  if (!(QUARANTINE_TAG in tags)) return `it does not have the tag of a quarantine, ${QUARANTINE_TAG}.`;
  const { mode, onExpiry } = verdict.policy.quarantine;
  if (by === 'request') {
    if (quarantine.request === undefined) return 'the ledger names nobody who asked for it.';
    return mode === 'enforce' || quarantine.approved !== undefined ? undefined : 'mode is observe for quarantine.';
  }
  if (quarantine.expiresAt > circumstances.now) return 'its quarantine has not expired.';
  // A policy that lets quarantines begin does not thereby let them end in a termination.
  return mode === 'enforce' && onExpiry === 'terminate'
    ? undefined
    : 'the policy terminates no worker when its quarantine expires.';
}
