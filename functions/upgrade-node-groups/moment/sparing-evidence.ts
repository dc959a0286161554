import { iso } from '../../shared/runtime/clock.ts';
import { listed } from '../../shared/text/listed.ts';
import type { Decision } from '../model/decision.ts';
import type { Moment } from './moment.ts';

/**
 * Waits while a worker of the node group is in quarantine. AWS documents nowhere whether EKS leaves members in standby
 * alone while it replaces nodes (docs/unverified.md). Whoever can have workers isolated must not hold up upgrades for
 * ever. So the time counts once for a release, however many quarantines begin meanwhile.
 */
export function sparingEvidence(moment: Moment): Decision | undefined {
  const { quarantined, idle, now, isProposal, wait } = moment;
  // A proposal changes nothing: it is made, and can be approved, while a worker is in quarantine, too.
  if (quarantined.length === 0 || isProposal) return undefined;
  const { quarantineWait, until } = waitOf(moment);
  if (until <= now) return undefined;
  const message = `${inQuarantine(quarantined)}. The upgrade could terminate what is kept for analysis. It starts when the quarantine has ended, at ${iso(until)} at the latest.`;
  return { ...wait('worker-in-quarantine', message, until), memory: { ...idle, quarantineWait } };
}

/**
 * Says what an upgrade that starts now, or once it is approved, may terminate; begins with a blank, where it says
 * anything.
 */
export function riskToEvidence(moment: Moment): string {
  const { quarantined, now } = moment;
  if (quarantined.length === 0) return '';
  const { until } = waitOf(moment);
  const waits = until > now ? `waits for the end of that until ${iso(until)} at the latest, and may then` : 'may';
  return ` ${inQuarantine(quarantined)}. The upgrade ${waits} terminate what is kept for analysis.`;
}

/** Since when an upgrade has been waiting for quarantines, and until when it waits at most, epoch milliseconds. */
function waitOf({ idle, now, upgrades, releaseVersion }: Moment) {
  const quarantineWait = idle.quarantineWait ?? { releaseVersion, since: now };
  return { quarantineWait, until: quarantineWait.since + upgrades.waitForQuarantine };
}

/** Such as `i-1 is in quarantine`. */
const inQuarantine = (quarantined: readonly string[]): string =>
  `${listed(quarantined)} ${quarantined.length === 1 ? 'is' : 'are'} in quarantine`;
