import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Alarms } from './alarms.ts';
import type { Dashboard } from './dashboard.ts';
import type { Ledger } from './ledger.ts';
import type { PolicyParameter } from './policy-parameter.ts';
import type { Settings } from './settings.ts';
import type { Undelivered } from './undelivered.ts';

/** The shared resources of the stack, passed to each function's construct. */
export interface Foundation {
  readonly settings: Settings;
  /** The directory with the functions' bundles, as `bundleFunctions` fills it. */
  readonly bundles: string;
  readonly logGroup: ILogGroup;
  /** The log group of functions that a subscription filter on `logGroup` invokes. */
  readonly fedLogGroup: ILogGroup;
  readonly alarms: Alarms;
  /** The queue for events that EventBridge cannot deliver. */
  readonly undelivered: Undelivered;
  readonly ledger: Ledger;
  readonly policy: PolicyParameter;
  readonly eventBus: EventBus;
  readonly dashboard: Dashboard;
  /** Names of the sections of the policy document. */
  readonly policySections: readonly string[];
  /** Adds an output to the stack. */
  readonly tell: (id: string, value: string, description: string) => void;
}
