import type { Usage } from '../cloudwatch/metric-data.ts';
import type { Instance, Instances } from './instances.ts';

/** The default of each quota. AWS gives new accounts far less, and raises it on request. */
const DEFAULT_LIMIT = 10_000;

/**
 * The families that share a quota, by the letters of their types. Source: EC2 user guide, "On-Demand Instance quotas".
 * All others share "Standard".
 */
const FAMILIES: ReadonlyArray<readonly [letters: RegExp, name: string]> = [
  [/^f\d/, 'F'],
  [/^(g|gr|vt)\d/, 'G'],
  [/^inf\d/, 'Inf'],
  [/^p\d/, 'P'],
  [/^x\d/, 'X'],
];

/**
 * The vCPUs of an instance type, by its size alone, as most families have them.
 *
 * @see https://aws.amazon.com/ec2/instance-types/
 */
export function vcpusOf(instanceType: string): number {
  const [family = '', size = ''] = instanceType.split('.');
  const [, times] = /^(\d*)xlarge$/.exec(size) ?? [];
  if (times !== undefined) return 4 * Number(times || 1);
  if (size.startsWith('metal')) return 96;
  // Graviton's medium has one.
  return size === 'medium' && /\dg/.test(family) && !family.startsWith('t') ? 1 : 2;
}

/** EC2's quotas of running vCPUs, by class, such as `Standard/OnDemand`. */
export class VcpuQuotas {
  readonly #instances: Instances;
  readonly #limits: Readonly<Record<string, number | undefined>>;

  /** @param limits those that are not the default */
  constructor(instances: Instances, limits: Readonly<Record<string, number | undefined>>) {
    this.#instances = instances;
    this.#limits = limits;
  }

  limitOf(className: string): number {
    return this.#limits[className] ?? DEFAULT_LIMIT;
  }

  /** @param at epoch ms, of the last hour */
  usedBy(className: string, at: number): number {
    return this.#instances
      .list()
      .filter((one) => classOf(one.instanceType, one.spot === true) === className && countsAt(one, at))
      .reduce((sum, { instanceType }) => sum + vcpusOf(instanceType), 0);
  }

  /** How many more instances like these may be launched. */
  room({ instanceType, spot = false }: { readonly instanceType: string; readonly spot?: boolean }, at: number): number {
    const className = classOf(instanceType, spot);
    return Math.floor((this.limitOf(className) - this.usedBy(className, at)) / vcpusOf(instanceType));
  }
}

function classOf(instanceType: string, spot: boolean): string {
  const [, name = 'Standard'] = FAMILIES.find(([letters]) => letters.test(instanceType)) ?? [];
  return `${name}/${spot ? 'Spot' : 'OnDemand'}`;
}

/** Pending and running instances count. */
const countsAt = ({ launchedAt, terminatedAt = Number.POSITIVE_INFINITY, state }: Instance, at: number): boolean =>
  launchedAt <= at && at < terminatedAt && state !== 'stopped' && state !== 'stopping';

/** How late EC2 publishes its usage. AWS does not say; users see some minutes. */
const DELAY_MS = 5 * 60_000;

/** The usage of vCPUs as CloudWatch has it. */
export const vcpuUsage = (quotas: VcpuQuotas, now: () => number): Usage => ({
  at: (dimensions, at) =>
    isOfVcpus(dimensions) && at <= now() - DELAY_MS ? quotas.usedBy(dimensions.Class ?? '', at) : undefined,
  quotaOf: (dimensions) => (isOfVcpus(dimensions) ? quotas.limitOf(dimensions.Class ?? '') : undefined),
});

const isOfVcpus = ({ Service, Type, Resource, Class, ...others }: Readonly<Record<string, string>>): boolean =>
  Service === 'EC2' &&
  Type === 'Resource' &&
  Resource === 'vCPU' &&
  /^(Standard|F|G|Inf|P|X)\/(OnDemand|Spot)$/.test(Class ?? '') &&
  Object.keys(others).length === 0;
