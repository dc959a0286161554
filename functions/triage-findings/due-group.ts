import type { Worker } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { FindingState, Urgency } from '../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-key.ts';

/** A group to observe. */
export interface DueGroup {
  readonly key: NodeGroupKey;
  readonly ownership: Worker['ownership'];
  readonly trigger: MessageTrigger;
  readonly state: FindingState;
  /** Urgency of the findings that events named, and the affected workers, gravest finding first. */
  readonly claimed?: Urgency;
  readonly instanceIds: readonly string[];
}
