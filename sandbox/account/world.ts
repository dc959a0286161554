import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Partition } from './partition.ts';

/** An event as a source service sends it to EventBridge. The bus adds version, id, account, region and time. */
export interface EmittedEvent {
  readonly source: string;
  readonly detailType: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

/** The context of every service in the sandbox: account, region, time and randomness. */
export interface World {
  readonly accountId: string;
  readonly region: string;
  readonly partition: Partition;
  readonly time: VirtualTime;
  readonly random: Random;
  /** Publishes an AWS service's own event on the account's default bus. */
  emit(event: EmittedEvent): void;
}
