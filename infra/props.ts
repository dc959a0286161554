/** What can be said of a remediator: the settings of docs/deploy.md, under the same names and with the same words. */
export interface EksHostRemediatorProps {
  /**
   * What remediations do unless the policy says otherwise: `enforce` acts from the first event, `observe` only records
   * what it would do, `off` does nothing.
   */
  readonly mode: 'enforce' | 'observe' | 'off';
  /** Least severity of the Inspector findings that EventBridge lets through. Default: `HIGH`. */
  readonly findingSeverity?: 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW' | 'INFORMATIONAL';
  /** How often `watch-ami-releases` reads Amazon's parameters, for example `rate(30 minutes)`. Default: `rate(1 hour)`. */
  readonly watchSchedule?: string;
  /** How often `sweep-fleet` has everything reconciled again. Default: `rate(1 hour)`. */
  readonly sweepSchedule?: string;
  /** Who gets the alarms by e-mail. */
  readonly alarmEmail?: string;
  /** Who gets a message of each incident by e-mail. */
  readonly notifyEmail?: string;
  /** How long records are kept, days: one of the numbers that CloudWatch Logs knows. Default: 90. */
  readonly logRetentionDays?: number;
  /** The SSM parameter that holds the policy. Default: `/<name of the stack>/policy`. */
  readonly policyParameterName?: string;
  /**
   * Whether the stack makes that parameter (`new`, with the empty policy), or goes on with one that is there: an earlier
   * stack's, or your first policy. Default: `new`.
   */
  readonly policyParameter?: 'new' | 'existing';
  /** Clusters that get access entries, so that agents can be installed and nodes cordoned there. */
  readonly accessEntryClusters?: readonly string[];
  /** Container registries that the policy may name installer images of, beside the product's own. Default: none. */
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
  /** The roles of nodes of such groups, such as `eks-node-*`. Default: `*`. */
  readonly nodeRoles?: string;
  /** The ledger of an earlier stack that was deleted, to go on with: `LedgerTableName` in its outputs. */
  readonly ledgerTable?: string;
  /** What becomes of ledger, logs and policy when the stack is deleted. Default: `retain`. */
  readonly removalPolicy?: 'retain' | 'destroy';
}
