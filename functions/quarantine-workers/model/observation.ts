import type { IpPermission } from '@aws-sdk/client-ec2';
import type { Owner } from '../../shared/fleet/owners.ts';
import type { DescribedWorker } from '../../shared/fleet/worker.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { Caller, Request } from '../batch.ts';
import type { Exposure } from '../exposure/exposure.ts';
import type { InterfaceView } from '../exposure/interface-view.ts';
import type { ExposedGroupState } from './exposed-group-ledger.ts';
import type { QuarantineState } from './quarantine-ledger.ts';

/** A version of a launch template. */
export interface LaunchTemplate {
  readonly id: string;
  /** A number, as text. */
  readonly version: string;
}

/** A worker as EC2 describes it, and what follows from its network. */
export interface WorkerView extends DescribedWorker {
  readonly vpcId: string;
  readonly privateDnsName: string;
  readonly interfaces: readonly InterfaceView[];
  /** Each exposure of its addresses. */
  readonly exposures: readonly Exposure[];
  /** What may be exposures, as EC2 does not show the routes there. Nothing is done about these. */
  readonly doubts?: readonly Exposure[];
  /** Why the Internet does not reach addresses that look public, in words. */
  readonly shields: readonly string[];
  /** Whether it forwards others' traffic. Others may lose their way out with it. */
  readonly router?: boolean;
  /** The AWS service that operates the instance, such as `mwaa.amazonaws.com`: EC2 lets nobody else change it. */
  readonly operatedBy?: string;
  /** Whether it is a Spot instance, which EC2 does not protect from termination. */
  readonly spot?: boolean;
  /**
   * Whether it runs in a Capacity Block, which has a fixed number of instances. EC2 terminates these half an hour before
   * the block ends. Source: Auto Scaling user guide, "Use Capacity Blocks for machine learning workloads".
   */
  readonly capacityBlock?: boolean;
  /** The stacks of this product whose quarantine security groups hold the worker. */
  readonly heldBy: readonly string[];
  /** The ids of the quarantine security groups that its interfaces have. */
  readonly heldIn?: readonly string[];
  /** What each of these groups lets through, in words, by id. */
  readonly leaks?: ReadonlyMap<string, string>;
  /** The launch template that AWS's own tags name. */
  readonly launchTemplate?: LaunchTemplate;
}

/** What a reconcile found about one worker, with its state in the ledger. */
export interface Observation {
  readonly instanceId: string;
  readonly trigger: MessageTrigger;
  readonly state: QuarantineState;
  /** Absent where EC2 shows no such instance any more. */
  readonly view?: WorkerView;
  /** Read for workers that are exposed. */
  readonly owner?: Owner;
  /** Set where its group has put it into service, out of the warm pool in which its quarantine began. */
  readonly putIntoService?: true;
  readonly request?: Request;
  /** The maker of the call that the trigger reports, where CloudTrail names one. */
  readonly caller?: Caller;
}

/** A user of a security group or a subnet. */
export type NetworkUser =
  | ({
      readonly kind: 'worker';
      readonly instanceId: string;
      readonly subnetId?: string;
      /** The tags of the instance. */
      readonly tags: Readonly<Record<string, string>>;
      readonly owner: Owner;
    } & Pick<WorkerView, 'cluster' | 'nodegroup' | 'ownership'>)
  /** An instance that is not a worker, or that EC2 does not show. */
  | { readonly kind: 'instance'; readonly instanceId: string }
  /** An interface through which EKS reaches the nodes of a cluster. */
  | { readonly kind: 'control-plane'; readonly cluster: string }
  /** An interface of a load balancer, a Lambda function or an endpoint, or an unused one. */
  | { readonly kind: 'interface'; readonly interfaceId: string; readonly description: string };

/** A group of workers of which at least one is exposed. */
export interface GroupObservation {
  readonly key: NodeGroupKey;
  readonly trigger: MessageTrigger;
  readonly state: ExposedGroupState;
  readonly owner: Owner;
  /** How many of its workers are pending or running, as far as the decision and the record need the count. */
  readonly size: number;
  /** Ids of workers that are exposed, or would be without their quarantine. */
  readonly exposed: readonly string[];
  /** Whether there may be more workers or exposed ones, since a count does not decide about this group. */
  readonly moreExposed?: boolean;
  readonly moreWorkers?: boolean;
  /** Its subnets that hand out public IPv4 addresses. */
  readonly publicSubnets: readonly string[];
  /** Its subnets that hand out IPv6 addresses to which a route leads from the Internet. */
  readonly ipv6Subnets: readonly string[];
  /** Those of these subnets that another account owns and shares, with the account: only that one can change them. */
  readonly sharedSubnets?: ReadonlyMap<string, string>;
  /** Its launch templates that give workers public addresses, in words: `version 3 of lt-1`. */
  readonly publicTemplates: readonly string[];
  /** How many of the exposed workers are so only by addresses that were associated while they ran. */
  readonly boundLater: number;
  /** The ports that are open to the world: `tcp/22`. */
  readonly openPorts: readonly string[];
  /** The rules of its workers' security groups that admit the world. */
  readonly worldOpen: ReadonlyArray<{ readonly groupId: string; readonly permissions: readonly IpPermission[] }>;
  /**
   * The users of each security group and subnet that the policy wants closed, by its id. A missing id means that the
   * users are unknown, and that it is left alone.
   */
  readonly users: ReadonlyMap<string, readonly NetworkUser[]>;
  /** Why AWS refused to name the users. */
  readonly usersUnreadable?: string;
  readonly request?: Request;
}
