import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Partition } from './partition.ts';

/** An event as a source service hands it to EventBridge; the bus adds version, id, account, region and time. */
export interface EmittedEvent {
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

/** What every service of the sandbox stands on: whose account, where, when, and chance. */
export interface World {
  readonly accountId: string;
  readonly region: string;
  readonly partition: Partition;
  readonly time: VirtualTime;
  readonly random: Random;
  /** Puts an AWS service's own event on the account's default bus. */
  emit(event: EmittedEvent): void;
}
