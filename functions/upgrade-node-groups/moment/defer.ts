import type { Obstacle } from '../../shared/ledger/node-group-ledger.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { shortLine } from '../../shared/text/short-line.ts';
import { type Decision, type Memory, say } from '../model/decision.ts';
import { DEFERRAL, DEFERRAL_IS_TOLD_AFTER, meet, UNAUTHORIZED } from '../model/obstacles.ts';

/**
 * A reason of EKS not to accept an update although nothing is wrong with the node group. The update is tried again, and
 * the refusal does not count as a failure.
 */
export interface Refusal {
  /** EKS's error code, such as `InvalidParameterException`. */
  readonly code: string;
  /** Whether somebody has to grant a right; any other refusal passes by itself. */
  readonly isUnauthorized: boolean;
  /** EKS's error and message. */
  readonly because: string;
}

/** How much of EKS's words is remembered, in characters. */
const WORDS_KEPT = 1000;

const nameOf = (target: string): string => `deferred ${target}`;
const UNAUTHORIZED_CODE = 'unauthorized';
const IMAGE_HINT =
  'No new version of its launch template could be made. The setting imageRights must be on, and the template must not be managed by CloudFormation, eksctl or EKS.';
const LAUNCH_TEMPLATE_HINT =
  'It has a launch template. The setting launchTemplateRights must be on, and no boundary or organization policy may deny ec2:RunInstances.';
const GRANT_TEMPLATE =
  'Grant ec2:RunInstances and ec2:CreateTags with the launch template, and iam:PassRole for the node role. The update is tried again by itself.';
const LOOK_AT_EKS =
  'Read the words of EKS in the message, and see what EKS says of the node group: aws eks describe-nodegroup --region REGION --cluster-name CLUSTER --nodegroup-name NODEGROUP, and aws eks list-updates --region REGION --name CLUSTER --nodegroup-name NODEGROUP. The update is tried again by itself.';

/**
 * The obstacle after a refusal now.
 *
 * @param target what the upgrade is about, by `proposedTarget`
 */
export function deferralAfter(
  before: Obstacle | undefined,
  target: string,
  { code, isUnauthorized, because }: Refusal,
  now: number,
): Obstacle {
  const what = `${nameOf(target)} ${isUnauthorized ? UNAUTHORIZED_CODE : code}`;
  const met = meet(before, what, now, isUnauthorized ? UNAUTHORIZED : DEFERRAL);
  return { ...met, because: shortLine(because, WORDS_KEPT) };
}

/**
 * The obstacle that defers an update to this target; undefined when there is none. The error code at its end has no
 * blank.
 */
export const deferralOf = (obstacle: Obstacle | undefined, target: string): Obstacle | undefined =>
  obstacle?.what.slice(0, obstacle.what.lastIndexOf(' ')) === nameOf(target) ? obstacle : undefined;

/**
 * Defers the update. The record notifies nobody as long as a refusal of its kind usually passes.
 *
 * @param retryAt when the update is tried again, epoch milliseconds
 */
export function deferred(
  { what, since, because }: Obstacle,
  retryAt: number,
  now: number,
  memory: Memory,
): Pick<Decision, 'decision' | 'reason' | 'message' | 'variant' | 'memory' | 'hint'> {
  const again = `It is tried again at ${iso(retryAt)}, and does not count as an attempt.`;
  if (what.endsWith(` ${UNAUTHORIZED_CODE}`)) {
    const isOfEc2 = because?.startsWith('UnauthorizedOperation') === true;
    const isOfTemplate = /launch template/i.test(because ?? '');
    const template = isOfEc2 ? ` ${IMAGE_HINT}` : isOfTemplate ? ` ${LAUNCH_TEMPLATE_HINT}` : '';
    const message = `EKS does not let this function update the node group: ${withoutStop(because ?? 'a right is missing')}.${template} ${again}`;
    return {
      ...say('refused', 'upgrade-unauthorized', message, memory, what),
      ...(isOfTemplate && { hint: GRANT_TEMPLATE }),
    };
  }
  const message = `EKS does not accept the update: ${withoutStop(because ?? what)}. ${again}`;
  const isLong = now - since >= DEFERRAL_IS_TOLD_AFTER;
  if (!isLong) return say('waiting', 'upgrade-deferred', message, memory, what);
  const long = `${message} This has lasted since ${iso(since)}.`;
  return { ...say('refused', 'upgrade-deferred', long, memory, `${what} long`), hint: LOOK_AT_EKS };
}

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, '');
