import { fleetWithControlPlanes, withControlPlanes } from './control-planes.ts';
import { fleetWithExposedPools, withExposedPools } from './exposed-pools.ts';
import { fleetWithHosts, withHosts } from './hosts.ts';
import { fleetWithNodeClasses, withNodeClasses } from './node-classes.ts';
import { fleetWithObstacles, withObstacles } from './obstacles.ts';
import { fleetWithRollout, withRollout } from './rollout.ts';
import { withRulings } from './rulings.ts';
import type { Policy, Scenario } from './scenario.ts';
import { fleetWithSelfManaged, withSelfManaged } from './self-managed.ts';
import { fleetWithVulnerabilities, withVulnerabilities } from './vulnerabilities.ts';

/** The fleet file of a day: what was drawn, with its waves, gate, self-managed groups, node classes and hosts. */
export const fleetFileOf = (scenario: Scenario): Scenario['fleet'] =>
  [
    fleetWithSelfManaged,
    fleetWithNodeClasses,
    fleetWithHosts,
    fleetWithVulnerabilities,
    fleetWithControlPlanes,
    fleetWithObstacles,
    fleetWithExposedPools,
  ].reduce((fleet, withMore) => withMore(fleet, scenario), fleetWithRollout(scenario));

/** The policy document of a day for one of its drawn policies. */
export const policyDocumentOf = (scenario: Scenario, drawn: Policy): Policy =>
  [
    withRollout,
    withRulings,
    withSelfManaged,
    withNodeClasses,
    withHosts,
    withVulnerabilities,
    withControlPlanes,
    withObstacles,
    withExposedPools,
  ].reduce((policy, withMore) => withMore(policy, scenario), drawn);
