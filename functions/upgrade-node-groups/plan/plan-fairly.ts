import pMap from 'p-map';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import type { GatesReader } from '../../shared/gates/observe-gates.ts';
import { createUnwellReader } from '../../shared/gates/read-unwell.ts';
import type { OpenOptions } from '../../shared/kubernetes/open-cluster.ts';
import { openClusterBy } from '../../shared/kubernetes/open-cluster.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { type AllGroups, failuresOf, readAllGroups } from '../../shared/rollouts/all-groups.ts';
import type { FleetFailures } from '../../shared/rollouts/fleet-failures.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { joined, type LOOKS, NOTHING_SEEN } from '../model/preflight.ts';
import { contendersOf, type Line } from '../moment/waitlist.ts';
import { findUpdating, type ObserveClients } from '../observe/observe.ts';
import { observeKeyPairs } from '../observe/observe-key-pairs.ts';
import type { PodsReader } from '../observe/observe-pods.ts';
import { observePreflights, type PreflightClients } from '../observe/observe-preflight.ts';
import { observeEvictions } from './observe-evictions.ts';
import { observeWorkloads } from './observe-workloads.ts';
import { type Plan, withForeign } from './plan.ts';
import { planAtGates } from './plan-at-gates.ts';
import { asksFor, type Look, planLooking } from './plan-looking.ts';
import { readLine } from './waitlist-reading.ts';

export interface PlanDeps extends ObserveClients, PreflightClients, OpenOptions {
  readonly readCluster: ClusterReader;
  readonly readPods: PodsReader;
  readonly readGates: GatesReader;
}

/** The plan of one reconcile, and what was read for it. */
export interface Planned {
  readonly planned: Plan;
  /** What is remembered of all groups; absent: nobody has read it. */
  readonly fleet?: AllGroups | undefined;
  /** Who waits for a turn; `line` and `fleetFailures` are absent where nothing would start. */
  readonly line?: Line;
  readonly fleetFailures?: FleetFailures;
}

/**
 * Plans, and reads the gates where a decision depends on them. If something would start, a second plan considers what
 * only matters then: who has failed, whose turn comes before that of the observed subjects, which updates somebody else
 * has started in the same clusters since the last sweep, and what blocks the observed subjects.
 */
export async function planFairly(
  deps: PlanDeps,
  observations: readonly Observation[],
  given: Circumstances,
  read: AllGroups | undefined,
): Promise<Planned> {
  const { policy, now } = given;
  const { planned, circumstances } = await planAtGates(deps.readGates, observations, given);
  const starting = planned.decided.filter(({ decision }) => decision.start !== undefined);
  if (starting.length === 0 || isInvalid(policy)) return { planned, fleet: read };
  const fleet = read ?? (await readAllGroups(deps.ledger));
  const { rollouts } = circumstances;
  const fleetFailures = circumstances.fleetFailures ?? failuresOf(fleet, policy);
  const line = await readLine(deps, policy, now, fleet.managed);
  const contenders = contendersOf(line, policy, now, rollouts, fleetFailures);
  const known = new Set([...observations.map(({ key }) => subjectOf(key)), ...Object.keys(circumstances.slots)]);
  const clusters = [...new Set(starting.map(({ observation }) => observation.key.cluster))];
  const updating = await pMap(clusters, (cluster) => findUpdating(deps.eks, cluster, known), {
    concurrency: READ_CONCURRENCY,
  });
  const slots = updating.flat().reduce((held, key) => withForeign(held, key, now), circumstances.slots);
  const informed = { ...circumstances, slots, fleetFailures };
  const { planned: looked } = await planLooking(
    { look: lookBy(deps, circumstances), readGates: deps.readGates },
    observations,
    informed,
    contenders,
  );
  return { planned: looked, fleet, line, fleetFailures };
}

/**
 * Makes the look at node groups that would start, as their policies ask for. Each cluster is read once, however often
 * the look runs.
 */
function lookBy(deps: PlanDeps, circumstances: Circumstances): Look {
  const readUnwell = createUnwellReader(openClusterBy(deps)(deps.readCluster));
  return async (starting) => {
    const asking = (what: keyof typeof LOOKS) =>
      starting.filter(({ observation }) => asksFor(what, observation, circumstances));
    const observed = (what: keyof typeof LOOKS) => asking(what).map(({ observation }) => observation);
    const looks = [
      observePreflights(deps, observed('blockers'), circumstances.now),
      observeEvictions(deps.readPods, observed('pods'), (each) => asksFor('evictions', each, circumstances)),
      observeWorkloads(readUnwell, asking('workloads'), circumstances),
      observeKeyPairs(deps, observed('keyPair')),
    ];
    const seen = joined(await Promise.all(looks));
    // Each subject has an entry, even an empty one, so that no subject is looked at twice.
    return new Map(
      starting.map(({ observation: { key } }) => [subjectOf(key), seen.get(subjectOf(key)) ?? NOTHING_SEEN]),
    );
  };
}
