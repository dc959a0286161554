import type { IpPermission } from '@aws-sdk/client-ec2';
import type { Owner } from '../shared/fleet/owners.ts';
import type { DescribedWorker } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-ledger.ts';
import type { Caller, Request } from './batch.ts';
import type { ExposedGroupState } from './exposed-group-ledger.ts';
import type { Exposure } from './exposure.ts';
import type { InterfaceView } from './interface-view.ts';
import type { QuarantineState } from './quarantine-ledger.ts';

/** A version of a launch template. */
export interface LaunchTemplate {
  readonly id: string;
  /** A number. */
  readonly version: string;
}

/** A worker as EC2 describes it, and what follows from its network. */
export interface WorkerView extends DescribedWorker {
  readonly vpcId: string;
  readonly privateDnsName: string;
  readonly interfaces: readonly InterfaceView[];
  /** Each way in which the Internet reaches it. */
  readonly exposures: readonly Exposure[];
  /** Why addresses that look public are none that the Internet reaches, in words. */
  readonly shields: readonly string[];
  /** Whether it forwards what is not meant for it: others may lose their way out with it. */
  readonly router?: boolean;
  /** A Spot instance: EC2 protects none from termination. */
  readonly spot?: boolean;
  /** The stacks of this product that have put it into a security group of their quarantines. */
  readonly heldBy: readonly string[];
  /** Those security groups of quarantines that its interfaces have, by id. */
  readonly heldIn?: readonly string[];
  /** By the id of such a group: what that lets through, in words. */
  readonly leaks?: ReadonlyMap<string, string>;
  /** What it was launched from, as AWS itself says. */
  readonly launchTemplate?: LaunchTemplate;
}

/** What a reconcile found about one worker, and what is remembered of it. */
export interface Observation {
  readonly instanceId: string;
  readonly trigger: MessageTrigger;
  readonly state: QuarantineState;
  /** Absent: EC2 shows no such instance any more. */
  readonly view?: WorkerView;
  /** Read for workers that are exposed. */
  readonly owner?: Owner;
  readonly request?: Request;
  /** Who made the call that the trigger tells of, where CloudTrail names him. */
  readonly caller?: Caller;
}

/** Who has a network interface in a security group, or lives in a subnet. */
export type NetworkUser =
  | ({
      readonly kind: 'worker';
      readonly instanceId: string;
      /** The tags of the instance. */
      readonly tags: Readonly<Record<string, string>>;
      readonly owner: Owner;
    } & Pick<WorkerView, 'cluster' | 'nodegroup' | 'ownership'>)
  /** An instance that is no worker, or that EC2 does not show. */
  | { readonly kind: 'instance'; readonly instanceId: string }
  /** What EKS itself reaches the nodes of a cluster through. */
  | { readonly kind: 'control-plane'; readonly cluster: string }
  /** An interface of a load balancer, a Lambda function, an endpoint, or of nobody. */
  | { readonly kind: 'interface'; readonly interfaceId: string; readonly description: string };

/** A group of workers of which at least one is exposed. */
export interface GroupObservation {
  readonly key: NodeGroupKey;
  readonly trigger: MessageTrigger;
  readonly state: ExposedGroupState;
  readonly owner: Owner;
  /** How many workers of it are pending or running, as far as they were counted: where that decides, and where it is told. */
  readonly size: number;
  /** Ids of those that are exposed, or would be without their quarantine. */
  readonly exposed: readonly string[];
  /** There may be more exposed, or more workers: what its configuration decides, no count does. */
  readonly moreExposed?: boolean;
  readonly moreWorkers?: boolean;
  /** Those of its subnets that hand out public IPv4 addresses. */
  readonly publicSubnets: readonly string[];
  /** Those of its subnets that hand out IPv6 addresses to which a route leads from the Internet. */
  readonly ipv6Subnets: readonly string[];
  /** Launch templates of it that give its workers public addresses, in words: `version 3 of lt-1`. */
  readonly publicTemplates: readonly string[];
  /** How many of those exposed are so by nothing but addresses that somebody put to them while they ran. */
  readonly boundLater: number;
  /** What the world reaches there: `tcp/22`. */
  readonly openPorts: readonly string[];
  /** The rules of its workers' security groups that admit the world. */
  readonly worldOpen: ReadonlyArray<{ readonly groupId: string; readonly permissions: readonly IpPermission[] }>;
  /**
   * Who uses each security group and each subnet that the policy wants closed, by its id. Of one that is missing nobody
   * knows: it is left alone.
   */
  readonly users: ReadonlyMap<string, readonly NetworkUser[]>;
  /** Why AWS would not tell the users. */
  readonly usersUnreadable?: string;
  readonly request?: Request;
}
