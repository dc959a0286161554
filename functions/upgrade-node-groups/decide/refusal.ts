import type { Obstacle } from '../../shared/ledger/node-group-ledger.ts';
import { codeOf, isOfAws, isThrottling } from '../../shared/runtime/aws-error.ts';
import { type Circumstances, type Decision, FOREIGN_EVERY, idleMemory, type Memory, say } from '../model/decision.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { proposedTarget } from '../model/target-version.ts';
import { deferralAfter, deferred } from '../moment/defer.ts';
import { isTroubled, unhealthy } from '../moment/heal.ts';
import { refusedByEks } from './follow.ts';

/** The context of a refused start. */
export interface Attempted {
  readonly observation: Observation;
  readonly view: NodeGroupView;
  readonly circumstances: Circumstances;
}

/**
 * The decision after EKS's error for a start; undefined for an error that says nothing about the request. Errors that
 * pass by themselves do not count as attempts. Starts that were never tried for lack of a right do not either.
 */
export function afterRefusal(error: unknown, decision: Decision, attempted: Attempted): Decision | undefined {
  if (!(error instanceof Error)) return undefined;
  const { upgrade, ...rest } = decision.memory;
  if (upgrade === undefined) throw new Error('Only a started upgrade can be refused.');
  const { observation, view, circumstances } = attempted;
  const because = `${error.name}: ${error.message}`;
  const { releaseVersion } = upgrade;
  const putOff = (isUnauthorized: boolean, memory: Memory): Decision => {
    const refusal = { code: codeOf(error), isUnauthorized, because };
    const target = proposedTarget(releaseVersion, upgrade.kubernetesVersion, upgrade.replaces);
    const place = upgrade.kubernetesVersion === undefined ? 'obstacle' : 'nextObstacle';
    const obstacle = deferralAfter(observation.state[place], target, refusal, circumstances.now);
    return putOffBy(obstacle, decision, { ...memory, [place]: obstacle }, circumstances.now);
  };

  const blamesHealth = OF_HEALTH.test(error.message);
  const isKnownUnwell = view.status !== 'ACTIVE' || (blamesHealth && isTroubled(view));
  if (isKnownUnwell && TAKES_NO_UPDATE.has(error.name) && !isNotAuthorized(error)) {
    const instead = blamesHealth ? ' Where the issue does not end, replace the node group by a new one.' : '';
    const why = `EKS accepts no update of it in this state (${because}).${instead}`;
    const memory = { ...idleMemory(observation.state), cureTried: releaseVersion };
    return unhealthy(view, observation.state, memory, why);
  }
  if (isNotAuthorized(error)) return putOff(true, rest);
  // It became unwell after our read, or EKS does not show that yet. The next look does.
  if (blamesHealth && TAKES_NO_UPDATE.has(error.name)) return putOff(false, rest);
  // A release that nodes run already does not become valid by waiting.
  if (isNotYetValid(error) && upgrade.replaces === undefined) return putOff(false, rest);
  // A throttled request certainly did not arrive. Whether the others arrived is unknown, so the intended upgrade stays
  // saved.
  if (isThrottling(error)) return putOff(false, rest);
  if (MAY_HAVE_ARRIVED.has(codeOf(error))) return putOff(false, decision.memory);
  switch (error.name) {
    case 'ResourceInUseException': {
      // Somebody else started an update after our read: that update runs, ours does not, and nothing has failed. Where
      // the next look finds the node group ACTIVE and EKS says so again, nobody knows how long that lasts
      // (aws/karpenter-provider-aws#133 met it in a loop).
      const deferral = putOff(false, rest);
      if (isMetAgain(deferral.memory)) return deferral;
      const waiting = say('waiting', 'update-in-progress', because, deferral.memory, 'in use');
      return { ...waiting, wakeAt: circumstances.now + FOREIGN_EVERY };
    }
    case 'ResourceNotFoundException':
      return say('skipped', 'node-group-gone', error.message, {}, '');
    case 'ClientException':
    case 'InvalidParameterException':
    case 'InvalidRequestException': {
      const of = { key: observation.key, need: observation.need, view };
      return refusedByEks(decision, { code: error.name, message: error.message }, of, circumstances);
    }
    default: {
      if (!OF_TEMPLATES.test(error.name)) return undefined;
      const of = { key: observation.key, need: observation.need, view };
      return refusedByEks(decision, { code: error.name, message: error.message }, of, circumstances);
    }
  }
}

const isMetAgain = ({ obstacle, nextObstacle }: Memory): boolean =>
  [obstacle, nextObstacle].some((each) => each?.what.endsWith(' ResourceInUseException') === true && each.count > 1);

function putOffBy(obstacle: Obstacle, { turn }: Decision, memory: Memory, now: number): Decision {
  return {
    ...deferred(obstacle, obstacle.until, now, memory),
    wakeAt: obstacle.until,
    ...(turn !== undefined && { turn: { ...turn, mayStartAt: obstacle.until } }),
  };
}

/** EKS's possible errors for an update of a node group that is not ACTIVE. AWS does not document which one EKS uses. */
const TAKES_NO_UPDATE = new Set(['ResourceInUseException', 'InvalidRequestException', 'InvalidParameterException']);

/**
 * How EKS refuses an update for the health of the node group. Only with the issues that it names after these words does
 * it take one: AsgInstanceLaunchFailures, InstanceLimitExceeded, InsufficientFreeAddresses, ClusterUnreachable. Source:
 * AWS Knowledge Center, "How can I troubleshoot managed node group update issues for Amazon EKS?".
 */
const OF_HEALTH = /health has issues other than/i;

/** EC2's errors for a version of a launch template that EC2 does not make. These errors do not pass by themselves. */
const OF_TEMPLATES =
  /^(?:InvalidLaunchTemplate|LaunchTemplate|VersionLimitExceeded|IdempotentParameterMismatch|InvalidParameter|InvalidUserData|InvalidSnapshot|InvalidBlockDevice|InvalidAMI|UnsupportedOperation)/;

/** Errors after which it is unknown whether the request was carried out. */
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
 * Whether AWS says for certain that it does not take a request as it is, whoever repeats the request. AWS may take
 * another request. A request without any answer says nothing of that, and neither does one that comes in the way of
 * another.
 */
export const isCertainRefusal = (error: unknown): error is Error =>
  isOfAws(error) &&
  blamesRequest(error) &&
  !isThrottling(error) &&
  !isNotYetValid(error) &&
  error.name !== 'ResourceInUseException' &&
  error.name !== 'ResourceNotFoundException';

/** Whether an answer came, with a status that blames the request. */
const blamesRequest = ({ $metadata }: Error & { readonly $metadata?: { readonly httpStatusCode?: number } }): boolean =>
  $metadata?.httpStatusCode !== undefined && $metadata.httpStatusCode >= 400 && $metadata.httpStatusCode < 500;

/**
 * Whether a right is missing: for the call itself, or for what EKS does on behalf of the caller with a launch template.
 * EKS reports the latter as an invalid request ("You are not authorized to use the specified launch template",
 * eksctl-io/eksctl#1914).
 */
const isNotAuthorized = ({ name, message }: Error): boolean =>
  name === 'AccessDeniedException' ||
  name === 'UnauthorizedOperation' ||
  (name === 'InvalidRequestException' && /not authorized/i.test(message));

/**
 * Whether EKS does not know the release yet, although the public parameters name it, or does not know the version of a
 * launch template that was just made. EKS says "Requested release version … is not valid for kubernetes version …"
 * (awslabs/amazon-eks-ami#924, eksctl-io/eksctl#2050), or "Requested Nodegroup release version … is invalid. Allowed
 * release version is …" where the parameters lag behind it (awslabs/amazon-eks-ami#559, eksctl-io/eksctl#2850). The
 * error's code is that of any bad parameter.
 */
const isNotYetValid = ({ name, message }: Error): boolean =>
  (name === 'InvalidParameterException' && /release version .*is (?:not valid|invalid)/i.test(message)) ||
  (OF_PARAMETERS.has(name) && /launch template version .*(?:not exist|not found|not be found)/i.test(message));

const OF_PARAMETERS = new Set(['InvalidParameterException', 'InvalidRequestException']);
