import type { Owner } from '../shared/fleet/owners.ts';
import type { DescribedWorker } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import type { RoleRights } from './rights/role-rights.ts';
import type { WorkerState } from './worker-ledger.ts';

/** What a reconcile found about one worker, and what is remembered of it. */
export interface Observation {
  readonly instanceId: string;
  readonly trigger: MessageTrigger;
  readonly state: WorkerState;
  readonly view: WorkerView;
  /** An operator's, which has yet to be answered. */
  readonly request?: OperatorRequest;
}

export interface WorkerView extends DescribedWorker {
  /** Whose it is; read only where a remedy may begin. */
  readonly owner?: Owner;
  /** What Systems Manager knows; absent when the agent has never registered. */
  readonly agent?: AgentView;
  /** Where it stands in its Auto Scaling group, for example `Standby`; read only with the owner, absent outside of one. */
  readonly lifecycleState?: string;
  /** The fingerprint of its role's policies, where it answers and nobody has noted that yet; `none` without a role. */
  readonly roleFingerprint?: string;
  /** Why the agent may not answer; looked into only where it does not. */
  readonly findings?: Findings;
  /** How the update command that is remembered stands. */
  readonly command?: CommandView;
}

export interface AgentView {
  readonly online: boolean;
  readonly version: string;
  readonly latest: boolean;
  /** For example `Amazon Linux` or `Bottlerocket`. */
  readonly platform: string;
  /** Of its last ping, epoch milliseconds. */
  readonly lastPingAt?: number;
}

export type CommandView =
  | { readonly kind: 'running' }
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly message: string };

/** Everything that must be right for an agent to register, as AWS describes it. */
export interface Findings {
  /** Absent: the instance has no instance profile. */
  readonly profile?: { readonly name: string; readonly role?: NodeRole };
  /** Whether Default Host Management gives the agent its rights, whatever the role. */
  readonly defaultHostManagement: boolean;
  readonly metadata: { readonly enabled: boolean; readonly version2: boolean };
  readonly network: NetworkFinding;
  /** The name of the instance's AMI, or empty. */
  readonly imageName: string;
  readonly windows: boolean;
  /** The id of a hybrid activation (`mi-…`) under which an agent with the instance's name and address is registered. */
  readonly registeredAs?: string;
}

export interface NodeRole extends RoleRights {
  readonly name: string;
  readonly arn: string;
  /** As in {@link RolePolicies.fingerprint}. */
  readonly fingerprint: string;
}

export type NetworkFinding =
  | { readonly kind: 'open'; readonly way: string }
  /** A fact: `missing` names the exact piece. */
  | { readonly kind: 'closed'; readonly missing: string }
  /** No way is found, though one may be where nobody sees it: a proxy, a private hosted zone. */
  | { readonly kind: 'unseen'; readonly missing: string }
  /** Nobody can tell: `doubt` names what hides it. */
  | { readonly kind: 'unsure'; readonly doubt: string };
