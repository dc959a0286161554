import { _InstanceType, type ArchitectureType, type InstanceStateName } from '@aws-sdk/client-ec2';
import type { Random } from '../time/random.ts';
import type { World } from './world.ts';

const instanceTypes: ReadonlySet<string> = new Set(Object.values(_InstanceType));

export const isInstanceType = (text: string): text is _InstanceType => instanceTypes.has(text);

/** Types of AWS's own Graviton processors have a `g` behind the generation: `m7g.large`, `c6gd.xlarge`. */
export const architectureOf = (instanceType: _InstanceType): 'x86_64' | 'arm64' =>
  /^[a-z]+\d+g[a-z]*\./.test(instanceType) ? 'arm64' : 'x86_64';

/** How the SSM agent of an instance's image fares. */
export interface AgentSpecification {
  /**
   * `present`: it runs; `missing`: the image has none; `stopped`: something on the host keeps it from running, even when
   * it is installed anew; `dead`: its first ping is its last, so that Systems Manager lists it as lost.
   */
  readonly agent: 'present' | 'missing' | 'stopped' | 'dead';
  readonly version: string;
  /** Seconds from `running` to its first ping; undefined: some tens of seconds, drawn for each instance. */
  readonly registersAfterSeconds?: number | undefined;
}

/** How commands fare on the instances of one group, which share this. */
export interface CommandBehaviour {
  /** What updates of the agent are told to end with, and how many more of them. */
  readonly updateFailure: { readonly outcome: 'Failed' | 'TimedOut'; times: number } | undefined;
  /** What every shell script prints and ends with. */
  readonly script: { readonly output: string; readonly errorOutput: string; readonly exitCode: number } | undefined;
}

/** What decides about an instance before it exists. */
export interface LaunchSpecification {
  readonly imageId: string;
  readonly instanceType: _InstanceType;
  readonly architecture: ArchitectureType;
  readonly windows: boolean;
  /** As the Kubernetes node names it, for example `Amazon Linux 2023.8.20250715`. */
  readonly osImage: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly vpcId: string;
  /** Security groups of its network interface. */
  readonly securityGroupIds: readonly string[];
  /** Whether it gets a public IPv4 address. */
  readonly publicAddress: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly agent: AgentSpecification;
  readonly commands: CommandBehaviour;
  /** Name of its instance profile; undefined when it has none. */
  readonly instanceProfile: string | undefined;
  /** Whether the instance metadata service answers at all. */
  readonly metadataEndpoint: 'enabled' | 'disabled';
  /** What it looks like as a node of its cluster. */
  readonly kubernetes: {
    readonly clusterName: string;
    readonly version: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  /** The AWS service that owns it; EKS Auto Mode's instances belong to `eks.amazonaws.com` and hide by default. */
  readonly operator?: string;
}

export interface Instance extends Omit<LaunchSpecification, 'tags'> {
  readonly id: string;
  readonly privateIp: string;
  readonly privateDnsName: string;
  /** Epoch ms. */
  readonly launchedAt: number;
  /** Of its first network interface. */
  readonly networkInterfaceId: string;
  readonly publicIp: string | undefined;
  readonly tags: Map<string, string>;
  state: InstanceStateName;
  /** Epoch ms; undefined before it ran. */
  runningSince?: number;
  /** What the cluster sees of it as a node. */
  node: 'Joining' | 'Ready' | 'Draining' | 'Gone';
  /** Epoch ms. */
  terminatedAt?: number;
}

/** EC2 goes on showing a terminated instance for about an hour. */
const TERMINATED_STAYS_VISIBLE_MS = 3_600_000;

/** The account's EC2 instances and their lives: each step is announced as EC2 announces it. */
export class Instances {
  readonly #world: World;
  readonly #random: Random;
  readonly #byId = new Map<string, Instance>();
  readonly #listeners: Array<(instance: Instance) => void> = [];
  readonly #mourners: Array<(instance: Instance) => void> = [];
  #addresses = 10;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('ec2-instances');
  }

  /** Hears of each instance that begins to run, or that has been running when it is taken in. */
  onRunning(listener: (instance: Instance) => void): void {
    this.#listeners.push(listener);
  }

  /** Hears of each instance that begins to end. */
  onTerminating(listener: (instance: Instance) => void): void {
    this.#mourners.push(listener);
  }

  /** An instance that has been running since `launchedAt` (epoch ms), of which nobody hears now. */
  adopt(specification: LaunchSpecification, launchedAt: number): Instance {
    const instance = this.#create(specification, launchedAt);
    instance.state = 'running';
    instance.node = 'Ready';
    this.#runs(instance, launchedAt);
    return instance;
  }

  /** Launches an instance: pending at once, running after `runningAfter` ms. */
  launch(specification: LaunchSpecification, runningAfter: number, onRunning: () => void): Instance {
    const instance = this.#create(specification, this.#world.time.now);
    this.#announce(instance, 'pending');
    this.#world.time.after(runningAfter, () => {
      if (instance.state !== 'pending') return;
      this.#announce(instance, 'running');
      this.#runs(instance, this.#world.time.now);
      onRunning();
    });
    return instance;
  }

  /** Terminates an instance: shutting-down at once, terminated after `terminatedAfter` ms. */
  terminate(instance: Instance, terminatedAfter: number, onTerminated: () => void): void {
    if (instance.state === 'shutting-down' || instance.state === 'terminated') return;
    instance.node = 'Gone';
    this.#announce(instance, 'shutting-down');
    for (const mourner of this.#mourners) mourner(instance);
    this.#world.time.after(terminatedAfter, () => {
      instance.terminatedAt = this.#world.time.now;
      this.#announce(instance, 'terminated');
      onTerminated();
    });
  }

  get(id: string): Instance | undefined {
    const instance = this.#byId.get(id);
    return instance !== undefined && this.#isVisible(instance) ? instance : undefined;
  }

  /** All instances that EC2 still shows, in the order of their launch. */
  list(): Instance[] {
    for (const instance of this.#byId.values()) if (!this.#isVisible(instance)) this.#byId.delete(instance.id);
    return [...this.#byId.values()];
  }

  #isVisible({ terminatedAt }: Instance): boolean {
    return terminatedAt === undefined || this.#world.time.now - terminatedAt < TERMINATED_STAYS_VISIBLE_MS;
  }

  #runs(instance: Instance, since: number): void {
    instance.runningSince = since;
    for (const listener of this.#listeners) listener(instance);
  }

  #create(specification: LaunchSpecification, launchedAt: number): Instance {
    const address = this.#addresses++;
    const privateIp = [10, (address >> 16) & 255, (address >> 8) & 255, address & 255];
    const idDigits = this.#random.hex(16);
    const instance: Instance = {
      ...specification,
      tags: new Map(Object.entries(specification.tags)),
      id: `i-0${idDigits}`,
      privateIp: privateIp.join('.'),
      privateDnsName: `ip-${privateIp.join('-')}.${this.#world.region}.compute.internal`,
      launchedAt,
      networkInterfaceId: `eni-0${[...idDigits].reverse().join('')}`,
      // 198.18.0.0/15 is nobody's on the Internet (RFC 2544).
      publicIp: specification.publicAddress ? ['198.18', ...privateIp.slice(2)].join('.') : undefined,
      state: 'pending',
      node: 'Joining',
    };
    this.#byId.set(instance.id, instance);
    return instance;
  }

  #announce(instance: Instance, state: InstanceStateName): void {
    instance.state = state;
    const { partition, region, accountId } = this.#world;
    this.#world.emit({
      source: 'aws.ec2',
      detailType: 'EC2 Instance State-change Notification',
      resources: [`arn:${partition}:ec2:${region}:${accountId}:instance/${instance.id}`],
      detail: { 'instance-id': instance.id, state },
    });
  }
}
