import { counted } from '../../shared/text/counted.ts';
import { listed } from '../../shared/text/listed.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { NOTHING_SEEN, type Preflight } from '../model/preflight.ts';

/** The vCPUs of a class of instances that EC2 lets the account run, and those in use. */
export interface Quota {
  readonly used: number;
  readonly limit: number;
}

/** Why CloudWatch could not tell of a quota. */
export interface UnreadQuota {
  readonly unread: string;
}

/** What is known of quotas: vCPUs by instance type, and quotas by class, such as `Standard/OnDemand`. */
export interface Quotas {
  readonly vcpusOf: ReadonlyMap<string, number>;
  readonly ofClass: ReadonlyMap<string, Quota | UnreadQuota>;
}

/**
 * The families with a quota of their own, by the letters that their types begin with. Source: EC2 user guide,
 * "On-Demand Instance quotas" and "EC2 usage metrics".
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
 * The class whose quota an instance type counts towards; undefined where nobody knows the class, as for reserved
 * capacity.
 *
 * @param type such as `m5.large`
 */
export function classOf(type: string, capacityType: string): string | undefined {
  const bought = { ON_DEMAND: 'OnDemand', SPOT: 'Spot' }[capacityType];
  const [, name] = CLASSES.find(([letters]) => letters.test(type)) ?? [];
  return bought === undefined || name === undefined ? undefined : `${name}/${bought}`;
}

/**
 * Whether EC2's quotas of vCPUs have room for the nodes that EKS launches before old ones go; a pure function. The
 * result only warns. CloudWatch tells of usage with some delay. A capacity reservation that is not used counts as used,
 * though nodes may be launched into it.
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
  // An update takes out no more nodes than the group has.
  const first = Math.min(atATime, desired);
  if (first === 0 || !launchesFirst || instanceTypes.length === 0) return NOTHING_SEEN;
  /** The vCPUs of the smallest of the group's types, by class. */
  const least = new Map<string, number>();
  for (const type of instanceTypes) {
    const vcpus = vcpusOf.get(type);
    const name = classOf(type, capacityType);
    if (name === undefined || vcpus === undefined || !ofClass.has(name)) return NOTHING_SEEN;
    least.set(name, Math.min(vcpus, least.get(name) ?? vcpus));
  }
  let room = 0;
  const free: string[] = [];
  for (const [name, vcpus] of least) {
    const quota = ofClass.get(name) ?? { used: 0, limit: 0 };
    if ('unread' in quota) {
      return { blockers: [], warnings: [`EC2's quota of ${name} could not be read (${quota.unread})`] };
    }
    const { used, limit } = quota;
    const left = Math.max(0, limit - used);
    room += Math.floor(left / vcpus);
    free.push(`${name} has ${left} of ${limit} vCPUs free`);
  }
  if (room >= first) return NOTHING_SEEN;
  const warning = `EC2's quota may be too small (${free.join(', ')}): EKS launches at least ${counted(first, 'node')} of ${listed(instanceTypes)} before it removes old nodes`;
  return { blockers: [], warnings: [warning] };
}
