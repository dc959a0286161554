import { listed } from '../../shared/text/listed.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { NOTHING_SEEN, type Preflight, type Subnet } from '../model/preflight.ts';

/** In which Availability Zones EC2 offers each instance type that was asked about. */
export type Offerings = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Whether EC2 offers an instance type of the node group in each of its zones; a pure function. The result only warns:
 * an offering says nothing about capacity, and EC2 Auto Scaling launches in another zone where one has no offering
 * (Auto Scaling user guide, "Availability Zone distribution"). Types that stand in a launch template alone are not
 * looked at.
 *
 * @param subnets the node group's, as far as they were found
 */
export function offeringsFor(
  { desired, instanceTypes = [] }: Pick<NodeGroupView, 'desired' | 'instanceTypes'>,
  subnets: readonly Subnet[],
  offerings: Offerings,
): Preflight {
  if (desired === 0 || instanceTypes.length === 0 || subnets.length === 0) return NOTHING_SEEN;
  const zones = [...new Set(subnets.map(({ zone }) => zone))];
  const without = zones.filter((zone) => !instanceTypes.some((type) => offerings.get(type)?.has(zone)));
  if (without.length === 0) return NOTHING_SEEN;
  const types = `none of its instance types (${listed(instanceTypes)}) in`;
  const where = without.length === zones.length ? 'any of its zones, so no new node comes up' : listed(without.sort());
  return { blockers: [], warnings: [`EC2 offers ${types} ${where}`] };
}
