import type { ClusterReader } from '../shared/fleet/fleet.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import { memoryOf } from './decision.ts';
import type { DueGroup } from './due-group.ts';
import { type Hosts, hasMoved } from './follow.ts';
import { type GroupWorker, type OwnInspector, readAftermath, readOpenFindings, SAMPLE } from './observe-findings.ts';
import type { Policy } from './policy.ts';

/** What groups of every kind are looked at with. */
export interface Looking {
  readonly inspector: OwnInspector;
  readonly readCluster: ClusterReader;
  /** The policy for a group, by the tags of its cluster and of itself. */
  readonly policyAt: (key: NodeGroupKey, tags: ReadonlyArray<Readonly<Record<string, string>>>) => Policy;
}

/**
 * Reads the open findings of a group, and the remembered ones again where they may be over. Inspector is asked about at
 * most ten workers, those that events named first.
 */
export async function readHosts(
  inspector: OwnInspector,
  { state, instanceIds }: Pick<DueGroup, 'state' | 'instanceIds'>,
  workers: readonly GroupWorker[],
  moving: Pick<Hosts, 'runs' | 'isMoving'>,
  { findings }: Pick<Policy, 'findings'>,
): Promise<Pick<Hosts, 'open' | 'aftermath'>> {
  const open = await readOpenFindings(inspector, sampleOf(workers, instanceIds), findings);
  const { need } = memoryOf(state);
  const mayBeOver = need !== undefined && !moving.isMoving && (open.length === 0 || hasMoved(need, moving));
  return { open, ...(mayBeOver && { aftermath: await readAftermath(inspector, workers, need) }) };
}

/** Chooses the workers to ask Inspector about: those that events named come first, in their order. */
function sampleOf(workers: readonly GroupWorker[], told: readonly string[]): GroupWorker[] {
  const places = new Map(told.map((id, index) => [id, index]));
  const place = ({ instanceId }: GroupWorker): number => places.get(instanceId) ?? places.size;
  return workers.toSorted((a, b) => place(a) - place(b)).slice(0, SAMPLE);
}
