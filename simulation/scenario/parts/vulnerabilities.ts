import type { Draw } from '../choices.ts';
import type { Fleet } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Mode, Policy } from '../policy.ts';

/** What Inspector comes to know of the AMIs of a day, and what the policy says about it all day. */
export interface Vulnerabilities {
  /** As in a fleet file. */
  readonly known: readonly object[];
  readonly mode: Mode;
  /** How long releases and AMIs bake with urgent findings; without any it is {@link BAKES_FOR}. */
  readonly urgentBakeMinutes: number;
}

/** How long releases and AMIs bake on such a day without urgent findings, hours. */
export const BAKES_FOR = 5;

/** The members of a scenario for it. */
export interface OfVulnerabilities {
  /** Absent: Inspector's scanning is off. */
  readonly vulnerabilities?: Vulnerabilities;
}

/** Draws vulnerabilities for a fifth of all days: what AMIs from some hour on have fixed, or none ever has. */
function drawVulnerabilities(draw: Draw, { busyMinutes }: Ground): OfVulnerabilities {
  if (!draw.happens(0.2)) return {};
  const count = draw.number(1, 3);
  return {
    vulnerabilities: {
      known: Array.from({ length: count }, (_, index) => ({
        id: `CVE-2026-1000${index}`,
        severity: draw.of('CRITICAL', 'CRITICAL', 'HIGH', 'MEDIUM'),
        package: draw.of('runc', 'containerd', 'kernel'),
        ...(draw.happens(0.9) && { fixedInVersion: '1.2.9' }),
        exploitAvailable: draw.happens(0.6),
        publishedAt: `+${draw.number(1, busyMinutes)}m`,
        ...(draw.happens(0.8) && { fixedSince: `+${draw.number(0, 8)}h` }),
      })),
      mode: draw.of('enforce', 'enforce', 'enforce', 'observe'),
      urgentBakeMinutes: draw.of(1, 60),
    },
  };
}

/** A drawn policy with what it says about findings. What bakes for long can be hastened by them. */
function withVulnerabilities(policy: Policy, { vulnerabilities }: OfVulnerabilities): Policy {
  if (vulnerabilities === undefined) return policy;
  const { mode, urgentBakeMinutes } = vulnerabilities;
  const pace = { bakeAge: `${BAKES_FOR}h`, urgent: { bakeAge: `${urgentBakeMinutes}m` } };
  const { nodeClasses } = policy;
  return {
    ...policy,
    findings: { mode },
    upgrades: { ...policy.upgrades, ...pace },
    ...(policy.refreshes !== undefined && { refreshes: { ...policy.refreshes, ...pace } }),
    ...(typeof nodeClasses === 'object' && { nodeClasses: { ...nodeClasses, ...pace } }),
  };
}

/** A drawn fleet with what Inspector comes to know. Its own scanner is on the nodes, so that no agent is missing. */
const fleetWithVulnerabilities = (fleet: Fleet, { vulnerabilities }: OfVulnerabilities): Fleet =>
  vulnerabilities === undefined
    ? fleet
    : { ...fleet, inspector: { vmScanner: true, vulnerabilities: vulnerabilities.known } };

export const VULNERABILITIES: Part<OfVulnerabilities> = {
  stream: 'vulnerabilities',
  draw: drawVulnerabilities,
  policy: withVulnerabilities,
  fleet: fleetWithVulnerabilities,
};
