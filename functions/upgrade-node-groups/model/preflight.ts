import type { TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { ClosedGate } from '../../shared/gates/gates.ts';
import { counted } from '../../shared/text/counted.ts';
import type { Policy } from '../policy.ts';
import type { NodeGroupView } from './observation.ts';

/**
 * What surely keeps an upgrade from ending well. EKS can be told to pass over disruption budgets: then no `eviction`
 * blocks.
 */
export interface Obstruction {
  readonly kind: 'addresses' | 'capacity-block' | 'eviction' | 'processes';
  /** The beginning of a sentence. */
  readonly why: string;
  /** What the obstruction is, as a text that stays the same while counts and pods change. */
  readonly which: string;
}

/** What was seen of one node group before its nodes are moved. */
export interface Preflight {
  readonly blockers: readonly Obstruction[];
  /** What may keep the upgrade from ending well, or what could not be read. */
  readonly warnings: readonly string[];
  /** Whether nodes and pods let the upgrade start; absent: nobody has read them. */
  readonly workloads?: 'open' | ClosedGate;
  /** The key pair that the launch template names; absent: none, or nobody looked. */
  readonly keyPair?: KeyPairSeen;
}

/** What a look before the start has seen of the key pair in a node group's launch template. */
export type KeyPairSeen =
  | { readonly kind: 'unreadable'; readonly code: string }
  | {
      readonly kind: 'named';
      readonly keyName: string;
      readonly template: TemplateVersion;
      /** Auto Scaling groups that launch from the latest version of the template. */
      readonly followers?: readonly string[];
      readonly agents: Agents;
    };

/**
 * Whether Session Manager leads to a node group's nodes. `silent`: nodes that no session reaches, by instance id.
 */
export type Agents =
  | { readonly kind: 'unreadable'; readonly code: string }
  | { readonly kind: 'read'; readonly nodes: number; readonly silent: readonly string[] };

/** The looks of one reconcile, by subject. */
export interface Preflights {
  readonly found: ReadonlyMap<string, Preflight>;
  /** Whether no subject is looked at any more: one that has not been looked at waits for the next reconcile. */
  readonly isOver: boolean;
  /** How many subjects before the present one wait to be looked at; absent: none. */
  readonly pending?: number;
}

/** A subnet, as far as new nodes need it. */
export interface Subnet {
  readonly zone: string;
  /** Free IPv4 addresses; absent where nodes need none, since the subnet has IPv6 only. */
  readonly free?: number;
}

/** What the policy can ask to be looked at before an upgrade starts. */
export const LOOKS = {
  blockers: ({ preflight }) => preflight !== 'off',
  pods: ({ preflight, preflightPods }) => preflight !== 'off' && preflightPods,
  evictions: ({ preflight, preflightPods, preflightEvictions }) =>
    preflight !== 'off' && preflightPods && preflightEvictions,
  workloads: ({ gates }) => gates.nodesAndPods,
  keyPair: ({ keyPairs }) => keyPairs.mode !== 'off',
} as const satisfies Record<string, (upgrades: Policy['upgrades']) => boolean>;

/** Whether a node group is looked at before its upgrade starts. */
export const mustBeLookedAt = (upgrades: Policy['upgrades']): boolean =>
  Object.values(LOOKS).some((asks) => asks(upgrades));

/** A look that has seen nothing that blocks, and no key pair. */
export const NOTHING_SEEN: Preflight = { blockers: [], warnings: [] };

/**
 * Whether the subnets have addresses for the nodes that EKS launches before old ones go. EKS launches `maxUnavailable`
 * of them, or up to twice as many as there are zones, whichever is more (EKS user guide, "Understand each phase of node
 * updates"). Fewer free addresses than `maxUnavailable` surely block. A number between the two only may block, as "up
 * to" says. A node that runs pods needs more than one address, in a subnet whose free blocks nobody can count. So
 * addresses of pods are not looked at.
 *
 * @param subnets the node group's, as far as they were found
 */
export function addressesFor(
  { desired, atATime, launchesFirst = true }: Pick<NodeGroupView, 'desired' | 'atATime' | 'launchesFirst'>,
  subnets: readonly Subnet[],
): Preflight {
  if (desired === 0 || !launchesFirst || subnets.length === 0) return NOTHING_SEEN;
  let free = 0;
  for (const subnet of subnets) {
    if (subnet.free === undefined) return NOTHING_SEEN;
    free += subnet.free;
  }
  const zones = new Set(subnets.map(({ zone }) => zone)).size;
  // An update takes out no more nodes than the group has.
  const first = Math.min(atATime, desired);
  const surge = Math.max(2 * zones, first);
  const there = `its ${counted(subnets.length, 'subnet')} ${subnets.length === 1 ? 'has' : 'have'} ${free === 0 ? 'no free address' : counted(free, 'free address', 'free addresses')}`;
  if (free < first) {
    const why = `${there}, and EKS launches at least ${first} before it removes old nodes`;
    // The subnets of a node group never change (EKS API reference, UpdateNodegroupConfig).
    return { blockers: [{ kind: 'addresses', why, which: 'addresses' }], warnings: [] };
  }
  if (free < surge)
    return { blockers: [], warnings: [`${there}, and EKS launches up to ${surge} before it removes old nodes`] };
  return NOTHING_SEEN;
}

/**
 * Whether Auto Scaling launches and ends nodes of the group; a pure function. Without the process Launch a group does not
 * scale out (Auto Scaling user guide, "How suspended processes affect other processes"), so no new node comes up, and with
 * the update strategy MINIMAL old ones are gone by then. Auto Scaling itself suspends Launch of a group whose launches have
 * failed for a day. Without Terminate a group does not scale in, yet ends the instances that it is asked to end
 * (kubernetes/autoscaler#2787): EKS asks so, and only what it has launched besides may stay.
 */
export function processesFor({ desired, suspended = [] }: Pick<NodeGroupView, 'desired' | 'suspended'>): Preflight {
  if (desired === 0) return NOTHING_SEEN;
  const is = (name: string) => `the process ${name} of its Auto Scaling group is suspended`;
  if (suspended.includes('Launch')) {
    const why = `${is('Launch')}, so no new node comes up`;
    return { blockers: [{ kind: 'processes', why, which: 'Launch' }], warnings: [] };
  }
  if (!suspended.includes('Terminate')) return NOTHING_SEEN;
  return { blockers: [], warnings: [`${is('Terminate')}, so nodes beyond its size may stay`] };
}

/**
 * Whether the group has nodes in a Capacity Block; a pure function. Such a block has a fixed number of instances, so EKS
 * has none for new nodes before old ones go, and its user guide asks for a desired size of 0 while such a group is
 * upgraded ("Create a managed node group with Capacity Blocks for ML", considerations).
 */
export function capacityBlockFor({
  desired,
  capacityType,
}: Pick<NodeGroupView, 'desired' | 'capacityType'>): Preflight {
  if (desired === 0 || capacityType !== 'CAPACITY_BLOCK') return NOTHING_SEEN;
  const why = `its ${counted(desired, 'node')} ${desired === 1 ? 'runs' : 'run'} in a Capacity Block, and EKS upgrades such a group well only while its desired size is 0`;
  return { blockers: [{ kind: 'capacity-block', why, which: 'capacity block' }], warnings: [] };
}

/**
 * Whether the group launches into capacity reservations only; a pure function. EC2 launches nothing beyond them, so that
 * new nodes need room there before old ones go. How much there is, is not read. Source: EC2 API reference,
 * `CapacityReservationPreference`.
 */
export function reservationsFor(
  { desired, atATime, launchesFirst = true }: Pick<NodeGroupView, 'desired' | 'atATime' | 'launchesFirst'>,
  { version, data: { CapacityReservationSpecification: specification } }: Pick<TemplateVersion, 'version' | 'data'>,
): Preflight {
  const isOnly = specification?.CapacityReservationPreference === 'capacity-reservations-only';
  if (desired === 0 || !launchesFirst || !isOnly) return NOTHING_SEEN;
  const needed = counted(Math.min(atATime, desired), 'node');
  const why = `version ${version} of its launch template launches into capacity reservations only, and EKS launches at least ${needed} there before it removes old ones`;
  return { blockers: [], warnings: [why] };
}

/** What several looks have seen, by subject. */
export function joined(looks: ReadonlyArray<ReadonlyMap<string, Preflight>>): Map<string, Preflight> {
  const all = new Map<string, Preflight>();
  for (const [subject, seen] of looks.flatMap((look) => [...look])) {
    const before = all.get(subject) ?? NOTHING_SEEN;
    all.set(subject, {
      ...before,
      ...seen,
      blockers: [...before.blockers, ...seen.blockers],
      warnings: [...before.warnings, ...seen.warnings],
    });
  }
  return all;
}
