import { fleetWithHosts, withHosts } from './hosts.ts';
import { fleetWithNodeClasses, withNodeClasses } from './node-classes.ts';
import { fleetWithRollout, withRollout } from './rollout.ts';
import { withRulings } from './rulings.ts';
import type { Policy, Scenario } from './scenario.ts';
import { fleetWithSelfManaged, withSelfManaged } from './self-managed.ts';

/** The fleet file of a day: what was drawn, with its waves, gate, self-managed groups, node classes and hosts. */
export const fleetFileOf = (scenario: Scenario): Scenario['fleet'] =>
  fleetWithHosts(fleetWithNodeClasses(fleetWithSelfManaged(fleetWithRollout(scenario), scenario), scenario), scenario);

/** The policy document of a day for one of its drawn policies. */
export const policyDocumentOf = (scenario: Scenario, drawn: Policy): Policy =>
  withHosts(
    withNodeClasses(withSelfManaged(withRulings(withRollout(drawn, scenario), scenario), scenario), scenario),
    scenario,
  );
