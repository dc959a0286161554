import { codeOf, isThrottling } from '../shared/fleet/reading.ts';
import type { Obstacle } from '../shared/ledger/node-group-ledger.ts';
import { type Circumstances, type Decision, FOREIGN_EVERY, idleMemory, type Memory, say } from './decision.ts';
import { deferralAfter, deferred } from './defer.ts';
import { refusedByEks } from './follow.ts';
import { unhealthy } from './heal.ts';
import type { NodeGroupView, Observation } from './observation.ts';

/** Where a start was refused. */
export interface Attempted {
  readonly observation: Observation;
  readonly view: NodeGroupView;
  readonly circumstances: Circumstances;
}

/**
 * What EKS's answer to a start means; undefined for one that says nothing about the request. What passes by itself, and what
 * was never tried for lack of a right, counts as no attempt.
 */
export function afterRefusal(error: unknown, decision: Decision, attempted: Attempted): Decision | undefined {
  if (!(error instanceof Error)) return undefined;
  const { upgrade, ...rest } = decision.memory;
  if (upgrade === undefined) throw new Error('Only a started upgrade can be refused.');
  const { observation, view, circumstances } = attempted;
  const because = `${error.name}: ${error.message}`;
  const { releaseVersion } = upgrade;
  const putOff = (isUnauthorized: boolean, memory: Memory): Decision => {
    const refusal = { code: codeOf(error), isUnauthorized };
    const obstacle = deferralAfter(observation.state.obstacle, releaseVersion, refusal, circumstances.now);
    return putOffBy(obstacle, decision, memory, because, circumstances.now);
  };

  if (view.status !== 'ACTIVE' && TAKES_NO_UPDATE.has(error.name) && !isNotAuthorized(error)) {
    const why = `EKS takes no update of it as it is (${because}).`;
    const memory = { ...idleMemory(observation.state), cureTried: releaseVersion };
    return unhealthy(view, observation.state, memory, why);
  }
  if (isNotAuthorized(error)) return putOff(true, rest);
  if (isNotYetValid(error)) return putOff(false, rest);
  // Whether it arrived is known for throttling (it did not), and is not for the others: the intent stays remembered.
  if (isThrottling(error)) return putOff(false, rest);
  if (MAY_HAVE_ARRIVED.has(codeOf(error))) return putOff(false, decision.memory);
  switch (error.name) {
    case 'ResourceInUseException': {
      // Somebody else began an update after our look: theirs runs, ours does not, and nothing has failed.
      const waiting = say('waiting', 'update-in-progress', because, rest, 'in use');
      return { ...waiting, wakeAt: circumstances.now + FOREIGN_EVERY };
    }
    case 'ResourceNotFoundException':
      return say('skipped', 'node-group-gone', error.message, {}, '');
    case 'ClientException':
    case 'InvalidParameterException':
    case 'InvalidRequestException': {
      const of = { need: observation.need, view };
      return refusedByEks(decision, { code: error.name, message: error.message }, of, circumstances);
    }
    default:
      return undefined;
  }
}

function putOffBy(obstacle: Obstacle, { turn }: Decision, memory: Memory, because: string, now: number): Decision {
  return {
    ...deferred(obstacle, obstacle.until, now, { ...memory, obstacle }, because),
    wakeAt: obstacle.until,
    ...(turn !== undefined && { turn: { ...turn, mayStartAt: obstacle.until } }),
  };
}

/** How EKS refuses an update of a group that is not ACTIVE; which of them is not documented. */
const TAKES_NO_UPDATE = new Set(['ResourceInUseException', 'InvalidRequestException', 'InvalidParameterException']);

/** Errors after which nobody knows whether the request was carried out. */
const MAY_HAVE_ARRIVED = new Set([
  'ServerException',
  'ServiceUnavailableException',
  'InternalFailure',
  'TimeoutError',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * A right is missing: that of this call, or that of what EKS does on behalf of the caller with a launch template, which
 * comes as an invalid request ("You are not authorized to use the specified launch template", eksctl-io/eksctl#1914).
 */
const isNotAuthorized = ({ name, message }: Error): boolean =>
  name === 'AccessDeniedException' || (name === 'InvalidRequestException' && /not authorized/i.test(message));

/**
 * EKS does not know the release yet though the public parameters name it: "Requested release version … is not valid for
 * kubernetes version …" (awslabs/amazon-eks-ami#924, eksctl-io/eksctl#2050). There is no code for it but that of any bad
 * parameter.
 */
const isNotYetValid = ({ name, message }: Error): boolean =>
  name === 'InvalidParameterException' && /release version .*is not valid/i.test(message);
