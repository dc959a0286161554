import { _InstanceType, type ArchitectureType, type InstanceStateName } from '@aws-sdk/client-ec2';
import type { Random } from '../time/random.ts';
import type { World } from './world.ts';

const instanceTypes: ReadonlySet<string> = new Set(Object.values(_InstanceType));

export const isInstanceType = (text: string): text is _InstanceType => instanceTypes.has(text);

/** How the SSM agent of an instance fares: `Online` after some tens of seconds, `ConnectionLost`, or never seen. */
export type AgentFate = 'Online' | 'ConnectionLost' | 'Unregistered';

/** What decides about an instance before it exists. */
export interface LaunchSpecification {
  readonly imageId: string;
  readonly instanceType: _InstanceType;
  readonly architecture: ArchitectureType;
  readonly windows: boolean;
  /** As its SSM agent names it, for example `Amazon Linux`. */
  readonly platformName: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly vpcId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly agent: AgentFate;
  /** IAM role of its instance profile. */
  readonly roleName: string;
  /** The AWS service that owns it; EKS Auto Mode's instances belong to `eks.amazonaws.com` and hide by default. */
  readonly operator?: string;
}

export interface Instance extends Omit<LaunchSpecification, 'tags'> {
  readonly id: string;
  readonly privateIp: string;
  readonly privateDnsName: string;
  /** Epoch ms. */
  readonly launchedAt: number;
  /** When its SSM agent first answers, epoch ms. */
  readonly agentRegistersAt: number;
  readonly tags: Map<string, string>;
  state: InstanceStateName;
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
  #addresses = 10;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('ec2-instances');
  }

  /** An instance that has been running since `launchedAt` (epoch ms), of which nobody hears now. */
  adopt(specification: LaunchSpecification, launchedAt: number): Instance {
    const instance = this.#create(specification, launchedAt);
    instance.state = 'running';
    instance.node = 'Ready';
    return instance;
  }

  /** Launches an instance: pending at once, running after `runningAfter` ms. */
  launch(specification: LaunchSpecification, runningAfter: number, onRunning: () => void): Instance {
    const instance = this.#create(specification, this.#world.time.now + runningAfter);
    this.#announce(instance, 'pending');
    this.#world.time.after(runningAfter, () => {
      if (instance.state !== 'pending') return;
      this.#announce(instance, 'running');
      onRunning();
    });
    return instance;
  }

  /** Terminates an instance: shutting-down at once, terminated after `terminatedAfter` ms. */
  terminate(instance: Instance, terminatedAfter: number, onTerminated: () => void): void {
    if (instance.state === 'shutting-down' || instance.state === 'terminated') return;
    instance.node = 'Gone';
    this.#announce(instance, 'shutting-down');
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

  #create(specification: LaunchSpecification, runningAt: number): Instance {
    const address = this.#addresses++;
    const privateIp = [10, (address >> 16) & 255, (address >> 8) & 255, address & 255];
    const instance: Instance = {
      ...specification,
      tags: new Map(Object.entries(specification.tags)),
      id: `i-0${this.#random.hex(16)}`,
      privateIp: privateIp.join('.'),
      privateDnsName: `ip-${privateIp.join('-')}.${this.#world.region}.compute.internal`,
      launchedAt: Math.min(runningAt, this.#world.time.now),
      agentRegistersAt: runningAt + this.#random.integer(20, 90) * 1000,
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
