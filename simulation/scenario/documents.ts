import type { Fleet } from './fleet.ts';
import { PARTS } from './parts.ts';
import type { Policy } from './policy.ts';
import type { Scenario } from './scenario.ts';

/** The fleet file of a day: what was drawn, with all of its parts. */
export const fleetFileOf = (scenario: Scenario): Fleet =>
  PARTS.reduce((fleet, part) => part.fleet?.(fleet, scenario) ?? fleet, scenario.fleet);

/** The policy document of a day for one of its drawn policies, as it is so many minutes after the start. */
export const policyDocumentOf = (scenario: Scenario, drawn: Policy, minute = 0): Policy =>
  PARTS.reduce((policy, part) => part.policy?.(policy, scenario, minute) ?? policy, drawn);
