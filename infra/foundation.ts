import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Alarms } from './alarms.ts';
import type { Dashboard } from './dashboard.ts';
import type { Ledger } from './ledger.ts';
import type { PolicyParameter } from './policy-parameter.ts';
import type { Settings } from './settings.ts';

/** What every function of the stack stands on; handed to each function's construct. */
export interface Foundation {
  readonly settings: Settings;
  /** The directory with the functions' bundles, as `bundleFunctions` fills it. */
  readonly bundles: string;
  readonly logGroup: ILogGroup;
  /** For functions that a subscription filter on the log group feeds. */
  readonly fedLogGroup: ILogGroup;
  readonly alarms: Alarms;
  readonly ledger: Ledger;
  readonly policy: PolicyParameter;
  readonly eventBus: EventBus;
  readonly dashboard: Dashboard;
  /** The sections of the policy document, by their names. */
  readonly policySections: readonly string[];
  /** Adds an output to the stack. */
  readonly tell: (id: string, value: string, description: string) => void;
}
