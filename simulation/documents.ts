import { fleetWithRollout, withRollout } from './rollout.ts';
import type { Policy, Scenario } from './scenario.ts';
import { fleetWithSelfManaged, withSelfManaged } from './self-managed.ts';

/** The fleet file of a day: what was drawn, with its waves, gate and self-managed groups. */
export const fleetFileOf = (scenario: Scenario): Scenario['fleet'] =>
  fleetWithSelfManaged(fleetWithRollout(scenario), scenario);

/** The policy document of a day for one of its drawn policies. */
export const policyDocumentOf = (scenario: Scenario, drawn: Policy): Policy =>
  withSelfManaged(withRollout(drawn, scenario), scenario);
