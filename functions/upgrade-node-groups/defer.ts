import type { Obstacle } from '../shared/ledger/node-group-ledger.ts';
import { type Decision, iso, type Memory, say } from './decision.ts';
import { DEFERRAL, DEFERRAL_IS_TOLD_AFTER, meet, UNAUTHORIZED } from './obstacles.ts';

/** Why EKS did not take an update, though nothing is wrong with it: it is tried again, and is no failure. */
export interface Refusal {
  /** EKS's code, for example `InvalidParameterException`. */
  readonly code: string;
  /** Somebody has to grant a right; anything else passes by itself. */
  readonly isUnauthorized: boolean;
}

const prefixOf = (releaseVersion: string): string => `deferred ${releaseVersion} `;
const UNAUTHORIZED_CODE = 'unauthorized';
const LAUNCH_TEMPLATE_HINT =
  'It has a launch template: the setting launchTemplateRights must be on, and no boundary or organization policy may deny ec2:RunInstances.';

/** The obstacle that such a refusal is, met now. */
export function deferralAfter(
  before: Obstacle | undefined,
  releaseVersion: string,
  { code, isUnauthorized }: Refusal,
  now: number,
): Obstacle {
  const what = `${prefixOf(releaseVersion)}${isUnauthorized ? UNAUTHORIZED_CODE : code}`;
  return meet(before, what, now, isUnauthorized ? UNAUTHORIZED : DEFERRAL);
}

/** What puts an update to this release off; undefined when nothing does. */
export const deferralOf = (obstacle: Obstacle | undefined, releaseVersion: string): Obstacle | undefined =>
  obstacle?.what.startsWith(prefixOf(releaseVersion)) ? obstacle : undefined;

/**
 * The update is put off: nobody is told as long as that mostly passes.
 *
 * @param retryAt when it is tried again, epoch milliseconds
 * @param because EKS's words, where they are known
 */
export function deferred(
  { what, since }: Obstacle,
  retryAt: number,
  now: number,
  memory: Memory,
  because?: string,
): Pick<Decision, 'decision' | 'reason' | 'message' | 'variant' | 'memory'> {
  const again = `It is tried again at ${iso(retryAt)}, and counts as no attempt.`;
  if (what.endsWith(` ${UNAUTHORIZED_CODE}`)) {
    const template = /launch template/i.test(because ?? '') ? ` ${LAUNCH_TEMPLATE_HINT}` : '';
    const message = `EKS does not let this function update the node group: ${because ?? 'a right is missing'}.${template} ${again}`;
    return say('refused', 'upgrade-unauthorized', message, memory, what);
  }
  const message = `EKS does not take the update: ${because ?? what}. ${again}`;
  const isLong = now - since >= DEFERRAL_IS_TOLD_AFTER;
  if (!isLong) return say('waiting', 'upgrade-deferred', message, memory, what);
  return say('refused', 'upgrade-deferred', `${message} It is so since ${iso(since)}.`, memory, `${what} long`);
}
