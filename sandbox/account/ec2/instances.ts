import { _InstanceType, type ArchitectureType, type EventCode, type InstanceStateName } from '@aws-sdk/client-ec2';
import type { Random } from '../../time/random.ts';
import type { NodeInput } from '../ssm/node-systems.ts';
import type { World } from '../world.ts';
import type { Networks } from './network.ts';
import type { NetworkInterface } from './network-interfaces.ts';
import { attachPrimaryInterface, type PrimaryInterfaceSpecification } from './primary-interface.ts';
import { attachVolumes, type Volume } from './volumes.ts';

const instanceTypes: ReadonlySet<string> = new Set(Object.values(_InstanceType));

export const isInstanceType = (text: string): text is _InstanceType => instanceTypes.has(text);

/** Types with AWS Graviton processors have a `g` after the generation: `m7g.large`, `c6gd.xlarge`. */
export const architectureOf = (instanceType: _InstanceType): 'x86_64' | 'arm64' =>
  /^[a-z]+\d+g[a-z]*\./.test(instanceType) ? 'arm64' : 'x86_64';

/** The state of the SSM agent in an instance's image. */
export interface AgentSpecification {
  /**
   * `present`: it runs. `missing`: the image has none. `stopped`: something on the host keeps it from running, even
   * when it is reinstalled. `dead`: its first ping is its last, so that Systems Manager lists it as lost.
   */
  readonly agent: 'present' | 'missing' | 'stopped' | 'dead';
  readonly version: string;
  /** Seconds from `running` to its first ping; undefined: some tens of seconds, drawn for each instance. */
  readonly registersAfterSeconds?: number | undefined;
}

/** The results of commands on the instances of one group, which share this object. */
export interface CommandBehaviour {
  /** The outcome that agent updates are set to have, and how many more of them. */
  readonly updateFailure: { readonly outcome: 'Failed' | 'TimedOut'; times: number } | undefined;
  /** Output and exit code of every shell script. */
  readonly script: { readonly output: string; readonly errorOutput: string; readonly exitCode: number } | undefined;
  /** The host's data for its posture; undefined: the usual data of its image. */
  host?: NodeInput | undefined;
}

/** What is determined about an instance before its launch. */
export interface LaunchSpecification extends PrimaryInterfaceSpecification {
  readonly imageId: string;
  readonly instanceType: _InstanceType;
  readonly architecture: ArchitectureType;
  readonly windows: boolean;
  /** As the Kubernetes node reports it, such as `Amazon Linux 2023.8.20250715`. */
  readonly osImage: string;
  /** Security groups of each interface that the VPC CNI attaches besides the primary one. */
  readonly cniInterfaces: ReadonlyArray<readonly string[]>;
  readonly tags: Readonly<Record<string, string>>;
  readonly agent: AgentSpecification;
  readonly commands: CommandBehaviour;
  /** Name of its instance profile; undefined when it has none. */
  readonly instanceProfile: string | undefined;
  /** Whether the instance metadata service is enabled. */
  readonly metadataEndpoint: 'enabled' | 'disabled';
  /** Whether the metadata service requires version 2. */
  readonly metadataTokens: 'required' | 'optional';
  /** Its properties as a node of its cluster; undefined for an instance that is not a worker. */
  readonly kubernetes:
    | {
        readonly clusterName: string;
        readonly version: string;
        readonly labels: Readonly<Record<string, string>>;
        /** EKS does not tag it when it joins. */
        readonly untagged?: boolean;
      }
    | undefined;
  /** The key pair that it is launched with; default: none. */
  readonly keyName?: string;
  /** Whether it is a Spot instance; default: no. */
  readonly spot?: boolean;
  /** Number of pod interfaces with public addresses on its primary interface; default: none. */
  readonly branches?: number;
  /**
   * The AWS service that owns it. Instances of EKS Auto Mode belong to `eks.amazonaws.com`, and are hidden by default.
   */
  readonly operator?: string;
}

/** The properties that determine who can reach an instance. */
export type Reachability = Pick<
  LaunchSpecification,
  | 'publicAddress'
  | 'ipv6'
  | 'cniInterfaces'
  | 'securityGroupIds'
  | 'sourceDestCheck'
  | 'ipv6Prefixes'
  | 'branches'
  | 'denyAllIgwTraffic'
>;

/** An event that EC2 has scheduled for an instance. */
export interface ScheduledEvent {
  readonly id: string;
  readonly code: EventCode;
  /** When it begins at the earliest, epoch ms. */
  readonly notBefore: number;
  readonly isOver?: boolean;
}

export interface Instance extends Omit<LaunchSpecification, 'tags' | 'securityGroupIds' | 'metadataTokens'> {
  metadataTokens: LaunchSpecification['metadataTokens'];
  readonly id: string;
  readonly privateIp: string;
  readonly privateDnsName: string;
  /** Epoch ms. */
  readonly launchedAt: number;
  /** By device index, the primary one first; empty after termination. */
  readonly interfaces: readonly NetworkInterface[];
  readonly volumes: readonly Volume[];
  readonly tags: Map<string, string>;
  /** Whether TerminateInstances is refused. */
  disableApiTermination: boolean;
  state: InstanceStateName;
  /** Epoch ms; undefined before it has run. */
  runningSince?: number;
  scheduledEvent?: ScheduledEvent;
  /** Its state as a node of the cluster. */
  node: 'Joining' | 'Ready' | 'Draining' | 'Gone';
  /** Epoch ms. */
  terminatedAt?: number;
}

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
    'launched' | 'running' | 'terminating' | 'terminated',
    Array<(instance: Instance) => void>
  > = {
    launched: [],
    running: [],
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

  /** Calls the listener for each instance that begins to run, or is adopted running. */
  onRunning(listener: (instance: Instance) => void): void {
    this.#listeners.running.push(listener);
  }

  /** Calls the listener for each terminated instance, whoever terminated it. */
  onTerminated(listener: (instance: Instance) => void): void {
    this.#listeners.terminated.push(listener);
  }

  /** Calls the listener for each instance that begins to terminate. */
  onTerminating(listener: (instance: Instance) => void): void {
    this.#listeners.terminating.push(listener);
  }

  /** Adds an instance that has been running since `launchedAt` (epoch ms), without announcing it. */
  adopt(specification: LaunchSpecification, launchedAt: number): Instance {
    const instance = this.#create(specification, launchedAt);
    instance.state = 'running';
    this.joined(instance);
    this.#runs(instance, launchedAt);
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
    const privateIp = this.newPrivateIp();
    const idDigits = this.#random.hex(16);
    const id = `i-0${idDigits}`;
    const primary = { id: `eni-0${[...idDigits].reverse().join('')}`, privateIp, instanceId: id, launchedAt };
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
