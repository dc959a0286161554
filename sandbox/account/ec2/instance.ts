import { _InstanceType, type ArchitectureType, type EventCode, type InstanceStateName } from '@aws-sdk/client-ec2';
import type { NodeInput } from '../ssm/node-systems.ts';
import type { NetworkInterface } from './network-interfaces.ts';
import type { PrimaryInterfaceSpecification } from './primary-interface.ts';
import type { Volume } from './volumes.ts';

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
  /** Whether Systems Manager calls its latest version the latest; by default it does. */
  readonly latestIsTold?: boolean | undefined;
}

/** The results of commands on the instances of one group, which share this object. */
export interface CommandBehaviour {
  /** How long after an update of its agent the former version is put back, ms. */
  readonly updateUndoneAfterMs?: number;
  /** The outcome that agent updates are set to have, and how many more of them. */
  readonly updateFailure: { readonly outcome: 'Failed' | 'TimedOut'; times: number } | undefined;
  /** Output and exit code of every shell script. */
  readonly script: { readonly output: string; readonly errorOutput: string; readonly exitCode: number } | undefined;
  /** Whether every shell script hangs until its document's time is over. */
  readonly hangs?: boolean;
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
  /** HttpPutResponseHopLimit; by default 2. */
  readonly metadataHopLimit?: number;
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
  /** Whether it runs in a Capacity Block; default: no. */
  readonly capacityBlock?: boolean;
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
  | 'addresses'
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

export interface Instance
  extends Omit<LaunchSpecification, 'tags' | 'securityGroupIds' | 'metadataTokens' | 'imageId'> {
  /** The AMI of its root volume. */
  imageId: string;
  metadataTokens: LaunchSpecification['metadataTokens'];
  readonly id: string;
  readonly privateIp: string;
  readonly privateDnsName: string;
  /** Epoch ms. */
  readonly launchedAt: number;
  /** By device index, the primary one first; empty after termination. */
  readonly interfaces: readonly NetworkInterface[];
  volumes: readonly Volume[];
  readonly tags: Map<string, string>;
  /** Whether TerminateInstances is refused. */
  disableApiTermination: boolean;
  state: InstanceStateName;
  /** When it ran for the first time, epoch ms; undefined before that. */
  runningSince?: number;
  /** When it was started last after it had been stopped, epoch ms. */
  restartedAt?: number;
  scheduledEvent?: ScheduledEvent;
  /** Its state as a node of the cluster. */
  node: 'Joining' | 'Ready' | 'Draining' | 'Gone';
  /** Epoch ms. */
  terminatedAt?: number;
}

/**
 * The launch time that EC2 shows: of an instance that was stopped, when it was started last. Source: EC2 API reference,
 * Instance.
 */
export const launchTimeOf = ({ restartedAt, launchedAt }: Instance): Date => new Date(restartedAt ?? launchedAt);
