import type { InstanceStateName } from '@aws-sdk/client-ec2';
import type { Random } from '../../time/random.ts';
import type { World } from '../world.ts';
import type { Instance, LaunchSpecification } from './instance.ts';
import { refuseMoreAddresses } from './interface-limits.ts';
import type { Networks } from './network.ts';
import { attachPrimaryInterface } from './primary-interface.ts';
import { attachVolumes } from './volumes.ts';

export type {
  AgentSpecification,
  CommandBehaviour,
  Instance,
  LaunchSpecification,
  Reachability,
  ScheduledEvent,
} from './instance.ts';
export { architectureOf, isInstanceType } from './instance.ts';

/** EC2 keeps showing a terminated instance for about an hour. */
const TERMINATED_STAYS_VISIBLE_MS = 3_600_000;

/** The account's EC2 instances and their life cycles. Each step is announced as an event, like in EC2. */
export class Instances {
  readonly #world: World;
  readonly #networks: Networks;
  readonly #random: Random;
  readonly #volumeIds: Random;
  readonly #byId = new Map<string, Instance>();
  readonly #listeners: Record<
    'launched' | 'running' | 'stopping' | 'restarted' | 'terminating' | 'terminated',
    Array<(instance: Instance) => void>
  > = {
    launched: [],
    running: [],
    stopping: [],
    restarted: [],
    terminating: [],
    terminated: [],
  };
  #addresses = 10;

  constructor(world: World, networks: Networks) {
    this.#world = world;
    this.#networks = networks;
    this.#random = world.random.fork('ec2-instances');
    this.#volumeIds = world.random.fork('ec2-volumes');
  }

  /** Calls the listener for each launched instance, but not for those that existed before. */
  onLaunched(listener: (instance: Instance) => void): void {
    this.#listeners.launched.push(listener);
  }

  /** Calls the listener for each instance that begins to run for the first time, or is adopted running. */
  onRunning(listener: (instance: Instance) => void): void {
    this.#listeners.running.push(listener);
  }

  /** Calls the listener for each instance that begins to stop. */
  onStopping(listener: (instance: Instance) => void): void {
    this.#listeners.stopping.push(listener);
  }

  /** Calls the listener for each instance that runs again after it was stopped. */
  onRestarted(listener: (instance: Instance) => void): void {
    this.#listeners.restarted.push(listener);
  }

  /** Calls the listener for each terminated instance, whoever terminated it. */
  onTerminated(listener: (instance: Instance) => void): void {
    this.#listeners.terminated.push(listener);
  }

  /** Calls the listener for each instance that begins to terminate. */
  onTerminating(listener: (instance: Instance) => void): void {
    this.#listeners.terminating.push(listener);
  }

  /**
   * Adds an instance that has been running since `launchedAt` (epoch ms), without announcing it.
   * @param hasJoined whether it is a node of its cluster
   */
  adopt(specification: LaunchSpecification, launchedAt: number, hasJoined = true): Instance {
    const instance = this.#create(specification, launchedAt);
    instance.state = 'running';
    if (hasJoined) this.joined(instance);
    this.#runs(instance, launchedAt);
    return instance;
  }

  /** Adds an instance that was launched then (epoch ms), and stopped before it joined its cluster. */
  adoptStopped(specification: LaunchSpecification, launchedAt: number): Instance {
    const instance = this.#create(specification, launchedAt);
    instance.state = 'stopped';
    this.#networks.addresses.withdraw(instance.id);
    return instance;
  }

  /**
   * Marks that an instance has joined its cluster as a node, upon which EKS tags it. Source: EKS user guide, "Organize
   * resources with tags": the tag is on instances that join a cluster. When the tag appears is not documented; here not
   * before the instance has joined.
   */
  joined(instance: Instance): void {
    instance.node = 'Ready';
    const { kubernetes } = instance;
    if (kubernetes !== undefined && kubernetes.untagged !== true) {
      instance.tags.set('aws:eks:cluster-name', kubernetes.clusterName);
    }
  }

  /** Launches an instance: pending at once, running after `runningAfter` ms. */
  launch(specification: LaunchSpecification, runningAfter: number, onRunning: () => void): Instance {
    const instance = this.#create(specification, this.#world.time.now);
    this.#announce(instance, 'pending');
    for (const listener of this.#listeners.launched) listener(instance);
    this.#world.time.after(runningAfter, () => {
      if (instance.state !== 'pending') return;
      this.#announce(instance, 'running');
      this.#runs(instance, this.#world.time.now);
      onRunning();
    });
    return instance;
  }

  /**
   * Stops a running instance: stopping at once, stopped after `stoppedAfter` ms. It keeps its interfaces, and loses a
   * public address that EC2 gave it. Source: EC2 user guide, "Stop and start Amazon EC2 instances".
   */
  stop(instance: Instance, stoppedAfter: number, onStopped: () => void): void {
    if (instance.state !== 'running') return;
    this.#announce(instance, 'stopping');
    for (const listener of this.#listeners.stopping) listener(instance);
    this.#world.time.after(stoppedAfter, () => {
      if (instance.state !== 'stopping') return;
      this.#networks.addresses.withdraw(instance.id);
      this.#announce(instance, 'stopped');
      onStopped();
    });
  }

  /**
   * Gives a running instance another root volume, of an AMI, within `takes` ms. It keeps its other volumes, its
   * interfaces, its id and its state, and reboots: what runs on it is away until `bootsFor` ms later. Source: EC2 user
   * guide, "Replace the root volume for an Amazon EC2 instance without stopping it".
   */
  replaceRootVolume(
    instance: Instance,
    imageId: string,
    { takes, bootsFor }: { readonly takes: number; readonly bootsFor: number },
    onReplaced: () => void,
  ): void {
    for (const listener of this.#listeners.stopping) listener(instance);
    this.#world.time.after(takes, () => {
      if (instance.state !== 'running') return;
      const [root, ...others] = instance.volumes;
      if (root !== undefined) instance.volumes = [{ ...root, id: `vol-0${this.#volumeIds.hex(16)}` }, ...others];
      instance.imageId = imageId;
      onReplaced();
    });
    this.#world.time.after(takes + bootsFor, () => {
      if (instance.state === 'running') for (const listener of this.#listeners.restarted) listener(instance);
    });
  }

  /** Starts a stopped instance: pending at once, running after `runningAfter` ms. */
  start(instance: Instance, runningAfter: number, onRunning: () => void): void {
    if (instance.state !== 'stopped') return;
    const isFirst = instance.runningSince === undefined;
    instance.restartedAt = this.#world.time.now;
    this.#networks.addresses.giveAgain(instance.id);
    this.#announce(instance, 'pending');
    this.#world.time.after(runningAfter, () => {
      if (instance.state !== 'pending') return;
      this.#announce(instance, 'running');
      if (isFirst) this.#runs(instance, this.#world.time.now);
      else for (const listener of this.#listeners.restarted) listener(instance);
      onRunning();
    });
  }

  /** Terminates an instance: shutting-down at once, terminated after `terminatedAfter` ms. */
  terminate(instance: Instance, terminatedAfter: number, onTerminated: () => void): void {
    if (instance.state === 'shutting-down' || instance.state === 'terminated') return;
    instance.node = 'Gone';
    this.#announce(instance, 'shutting-down');
    for (const listener of this.#listeners.terminating) listener(instance);
    this.#world.time.after(terminatedAfter, () => {
      instance.terminatedAt = this.#world.time.now;
      this.#networks.interfaces.deleteThoseOf(instance.id);
      this.#announce(instance, 'terminated');
      onTerminated();
      for (const listener of this.#listeners.terminated) listener(instance);
    });
  }

  get(id: string): Instance | undefined {
    const instance = this.#byId.get(id);
    return instance !== undefined && this.#isVisible(instance) ? instance : undefined;
  }

  /** All instances that EC2 still shows, in launch order. */
  list(): Instance[] {
    for (const instance of this.#byId.values()) if (!this.#isVisible(instance)) this.#byId.delete(instance.id);
    return [...this.#byId.values()];
  }

  #isVisible({ terminatedAt }: Instance): boolean {
    return terminatedAt === undefined || this.#world.time.now - terminatedAt < TERMINATED_STAYS_VISIBLE_MS;
  }

  #runs(instance: Instance, since: number): void {
    instance.runningSince = since;
    for (const listener of this.#listeners.running) listener(instance);
  }

  /** The next private address of the account. Each is assigned once, whatever the subnet. */
  newPrivateIp(): string {
    const address = this.#addresses++;
    return [10, (address >> 16) & 255, (address >> 8) & 255, address & 255].join('.');
  }

  privateDnsNameOf(privateIp: string): string {
    return `ip-${privateIp.replaceAll('.', '-')}.${this.#world.region}.compute.internal`;
  }

  #create({ securityGroupIds, ...specification }: LaunchSpecification, launchedAt: number): Instance {
    const { instanceType, addresses = 1 } = specification;
    refuseMoreAddresses(instanceType, addresses);
    const privateIp = this.newPrivateIp();
    const furtherIps = Array.from({ length: addresses - 1 }, () => this.newPrivateIp());
    const idDigits = this.#random.hex(16);
    const id = `i-0${idDigits}`;
    const primary = {
      id: `eni-0${[...idDigits].reverse().join('')}`,
      privateIps: [privateIp, ...furtherIps],
      instanceId: id,
      launchedAt,
    } as const;
    attachPrimaryInterface(this.#networks, { ...specification, securityGroupIds }, primary);
    const instance: Instance = {
      ...specification,
      tags: new Map(Object.entries(specification.tags)),
      id,
      privateIp,
      privateDnsName: this.privateDnsNameOf(privateIp),
      launchedAt,
      interfaces: this.#networks.interfaces.of(id),
      volumes: attachVolumes(specification, this.#volumeIds),
      disableApiTermination: false,
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
