import type { Owner } from '../shared/fleet/owners.ts';
import type { DescribedWorker } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { RoleRights } from './rights/role-rights.ts';
import type { WorkerState } from './worker-ledger.ts';

/** What a reconcile observed about one worker, and what the ledger remembers of it. */
export interface Observation {
  readonly instanceId: string;
  readonly trigger: MessageTrigger;
  readonly state: WorkerState;
  readonly view: WorkerView;
  /** An operator's request that has not been answered yet. */
  readonly request?: OperatorRequest;
}

export interface WorkerView extends DescribedWorker {
  /** It runs Windows. */
  readonly windows?: true;
  /** Its private DNS name, by which its node is usually named; absent where EC2 gives none. */
  readonly privateDnsName?: string;
  /** The worker's owner; read only where a remedy may begin. */
  readonly owner?: Owner;
  /** The agent, as Systems Manager knows it; absent when it has never registered. */
  readonly agent?: AgentView;
  /**
   * Lifecycle state in its Auto Scaling group, such as `Standby`; read only with the owner, absent outside of a group.
   */
  readonly lifecycleState?: string;
  /** Fingerprint of the role's policies, read when the agent answers and none is saved yet; `none` without a role. */
  readonly roleFingerprint?: string;
  /** Whether Session Manager reaches the worker; read only while no fingerprint is saved, absent where AWS did not say. */
  readonly sessions?: boolean;
  /** Why the agent may not answer, or has no connection for sessions; read only where it does not, or has none. */
  readonly findings?: Findings;
  /** Status of the update command that the ledger remembers. */
  readonly command?: CommandView;
}

export interface AgentView {
  readonly online: boolean;
  readonly version: string;
  /** Whether it is the latest version; absent where Systems Manager does not say. */
  readonly latest?: boolean;
  /** A value such as `Amazon Linux` or `Bottlerocket`. */
  readonly platform: string;
  /** Name of the role that it has its rights from, where Systems Manager tells: that of Default Host Management. */
  readonly role?: string;
  /** Time of the last ping, epoch milliseconds. */
  readonly lastPingAt?: number;
}

export type CommandView =
  | { readonly kind: 'running' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly message: string };

/** Everything that must be right for an agent to register, as AWS describes it. */
export interface Findings {
  /** Absent when the instance has no instance profile. `gone`: it names one that IAM does not know any more. */
  readonly profile?: { readonly name: string; readonly role?: NodeRole; readonly gone?: true };
  /** Whether Default Host Management gives the agent its rights, or may, whatever the role. */
  readonly defaultHostManagement: boolean;
  /** What keeps the role that Default Host Management names from that, or may. */
  readonly hostManagementRole?: HostManagementRole;
  readonly metadata: { readonly enabled: boolean; readonly version2: boolean };
  readonly network: NetworkFinding;
  /** Why the instance reaches nothing on the Internet, as a clause; absent where it may. */
  readonly shutInBy?: string;
  /** Name of the instance's AMI, or empty. */
  readonly imageName: string;
  readonly windows: boolean;
  /** Id of a hybrid activation (`mi-…`) under which an agent with the instance's name and address is registered. */
  readonly registeredAs?: string;
}

/** A role of Default Host Management that gives agents no rights, or may give them none; `why`: a sentence. */
export interface HostManagementRole {
  readonly answer: 'no' | 'unsure';
  readonly why: string;
  /** It does not exist any more. */
  readonly gone?: true;
}

export interface NodeRole extends RoleRights {
  readonly name: string;
  readonly arn: string;
  /** Its trust policy does not let EC2 assume it. */
  readonly distrusts?: true;
  /** The fingerprint of {@link RolePolicies}. */
  readonly fingerprint: string;
}

export type NetworkFinding =
  /** `unlessOld`: what agents before a version lack that has never registered, as a sentence. */
  | { readonly kind: 'open'; readonly way: string; readonly unlessOld?: string }
  /** Certain: `missing` names the part that is missing. */
  | { readonly kind: 'closed'; readonly missing: string }
  /** No path is found, though an invisible one may exist, such as a proxy or a private hosted zone. */
  | { readonly kind: 'unseen'; readonly missing: string }
  /** Unknown: `doubt` names what hides the path. */
  | { readonly kind: 'unsure'; readonly doubt: string };
