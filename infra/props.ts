/** The properties of a remediator: the settings of docs/deploy.md, under the same names. */
export interface EksHostRemediatorProps {
  /**
   * The mode of remediations unless the policy says otherwise. `enforce` acts from the first event, `observe` only
   * records what it would do, `off` does nothing.
   */
  readonly mode: 'enforce' | 'observe' | 'off';
  /** Least severity of the Inspector findings that EventBridge lets through. Default: `HIGH`. */
  readonly findingSeverity?: 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW' | 'INFORMATIONAL';
  /**
   * How often `watch-ami-releases` reads Amazon's parameters, for example `rate(30 minutes)`. Default: `rate(1 hour)`.
   */
  readonly watchSchedule?: string;
  /** How often `sweep-fleet` has everything reconciled again. Default: `rate(1 hour)`. */
  readonly sweepSchedule?: string;
  /** The e-mail address for the alarms. */
  readonly alarmEmail?: string;
  /** The e-mail address for a message of each incident. */
  readonly notifyEmail?: string;
  /** How long records are kept, days. CloudWatch Logs accepts only certain numbers. Default: 90. */
  readonly logRetentionDays?: number;
  /** The SSM parameter that holds the policy. Default: `/<name of the stack>/policy`. */
  readonly policyParameterName?: string;
  /**
   * Whether the stack creates that parameter with the empty policy (`new`), or uses one that exists, such as an earlier
   * stack's or your first policy (`existing`). Set `existing` before you change a tag of the stack: CloudFormation would
   * write the empty policy over the one in force. Default: `new`.
   */
  readonly policyParameter?: 'new' | 'existing';
  /** Clusters that get access entries, so that agents can be installed and nodes cordoned there. */
  readonly accessEntryClusters?: readonly string[];
  /** Container registries whose installer images the policy may name, beside the product's own image. Default: none. */
  readonly installerRegistries?: readonly string[];
  /** Whether node groups with a launch template of their owner can be upgraded: docs/threat-model.md. Default: `on`. */
  readonly launchTemplateRights?: 'on' | 'off';
  /** Whether launch templates of node groups with a custom AMI can be changed: docs/threat-model.md. Default: `off`. */
  readonly imageRights?: 'on' | 'off';
  /** The parameters that may name a wanted AMI. Default: `/eks-host-remediator/images/*`. */
  readonly imageParameters?: string;
  /** Whether ways in by SSH can be closed on hosts: docs/threat-model.md. Default: `on`. */
  readonly shellRights?: 'on' | 'off';
  /** Whether Session Manager's preferences of the region can be set: docs/threat-model.md. Default: `off`. */
  readonly sessionRights?: 'on' | 'off';
  /** Whether self-managed groups can be refreshed: docs/threat-model.md. Default: `off`. */
  readonly refreshRights?: 'on' | 'off';
  /** Whether nodes of self-managed groups can be drained before they end: docs/threat-model.md. Default: `off`. */
  readonly drainRights?: 'on' | 'off';
  /** The roles of nodes of groups that are refreshed, such as `eks-node-*`. Default: `*`. */
  readonly nodeRoles?: string;
  /** The ledger of a deleted earlier stack that this stack continues to use: `LedgerTableName` in its outputs. */
  readonly ledgerTable?: string;
  /** What happens to ledger, logs and policy when the stack is deleted. Default: `retain`. */
  readonly removalPolicy?: 'retain' | 'destroy';
}
