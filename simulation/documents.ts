import { fleetWithControlPlanes, withControlPlanes } from './control-planes.ts';
import { fleetWithExposedPools, withExposedPools } from './exposed-pools.ts';
import { fleetWithFlaws } from './flawed-hosts.ts';
import { fleetWithHosts, withHosts } from './hosts.ts';
import { fleetWithNodeClasses, withNodeClasses } from './node-classes.ts';
import { fleetWithObstacles, withObstacles } from './obstacles.ts';
import { withPosture } from './posture.ts';
import { fleetWithRollout, withRollout } from './rollout.ts';
import { withRulings } from './rulings.ts';
import type { Policy, Scenario } from './scenario.ts';
import { fleetWithSelfManaged, withSelfManaged } from './self-managed.ts';
import { withShells } from './shells.ts';
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
    fleetWithFlaws,
  ].reduce((fleet, withMore) => withMore(fleet, scenario), fleetWithRollout(scenario));

/** The policy document of a day for one of its drawn policies, as it is so many minutes after the start. */
export const policyDocumentOf = (scenario: Scenario, drawn: Policy, minute = 0): Policy =>
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
    withPosture,
    withShells,
  ].reduce((policy, withMore) => withMore(policy, scenario, minute), drawn);
