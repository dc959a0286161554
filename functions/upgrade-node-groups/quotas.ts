import { counted } from '../shared/text/counted.ts';
import { listed } from '../shared/text/listed.ts';
import type { NodeGroupView } from './observation.ts';
import { NOTHING_SEEN, type Preflight } from './preflight.ts';

/** What EC2 lets the account run of a class of instances, in vCPUs. */
export interface Quota {
  readonly used: number;
  readonly limit: number;
}

/** What is known of quotas: vCPUs by instance type, and quotas by class, such as `Standard/OnDemand`. */
export interface Quotas {
  readonly vcpusOf: ReadonlyMap<string, number>;
  readonly ofClass: ReadonlyMap<string, Quota>;
}

/**
 * The families with a quota of their own, by the letters that their types begin with. Source: EC2 user guide, "On-Demand
 * Instance quotas" and "EC2 usage metrics".
 */
const CLASSES: ReadonlyArray<readonly [letters: RegExp, name: string]> = [
  [/^(a|c|d|h|i|im|is|m|r|t|z)\d/, 'Standard'],
  [/^f\d/, 'F'],
  [/^(g|gr|vt)\d/, 'G'],
  [/^inf\d/, 'Inf'],
  [/^p\d/, 'P'],
  [/^x\d/, 'X'],
];

/**
 * The class whose quota an instance type counts towards; undefined where that is not known, as for reserved capacity.
 *
 * @param type such as `m5.large`
 */
export function classOf(type: string, capacityType: string): string | undefined {
  const bought = { ON_DEMAND: 'OnDemand', SPOT: 'Spot' }[capacityType];
  const [, name] = CLASSES.find(([letters]) => letters.test(type)) ?? [];
  return bought === undefined || name === undefined ? undefined : `${name}/${bought}`;
}

/**
 * Whether EC2's quotas of vCPUs let EKS launch the nodes that it launches before old ones go; a pure function. They block only
 * where no instance type of the group has room for `maxUnavailable` of them.
 */
export function quotasFor(
  {
    desired,
    atATime,
    launchesFirst = true,
    instanceTypes = [],
    capacityType = 'ON_DEMAND',
  }: Pick<NodeGroupView, 'desired' | 'atATime' | 'launchesFirst' | 'instanceTypes' | 'capacityType'>,
  { vcpusOf, ofClass }: Quotas,
): Preflight {
  // There are no more old nodes to go than it has.
  const first = Math.min(atATime, desired);
  if (first === 0 || !launchesFirst || instanceTypes.length === 0) return NOTHING_SEEN;
  const full = new Map<string, Quota>();
  for (const type of instanceTypes) {
    const vcpus = vcpusOf.get(type);
    const name = classOf(type, capacityType);
    const quota = name === undefined ? undefined : ofClass.get(name);
    if (name === undefined || vcpus === undefined || quota === undefined) return NOTHING_SEEN;
    if (quota.used + vcpus * first <= quota.limit) return NOTHING_SEEN;
    full.set(name, quota);
  }
  const taken = [...full].map(([name, { used, limit }]) => `${name} has ${used} of ${limit} vCPUs in use`);
  const why = `EC2's quota is full (${taken.join(', ')}), and EKS launches at least ${counted(first, 'node')} of ${listed(instanceTypes)} before it removes old nodes`;
  return { blockers: [{ kind: 'quota', why, which: `quota ${[...full.keys()].join(' ')}` }], warnings: [] };
}
