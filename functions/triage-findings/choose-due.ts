import { unmanagedGroup, type Worker } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import {
  type FindingState,
  NEW_FINDING_STATE,
  readFindingStates,
  readOpenFindingStates,
} from '../shared/ledger/finding-ledger.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { withReadableItems } from '../shared/ledger/ledger.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import type { Batch } from './batch.ts';
import type { DueGroup } from './due-group.ts';
import { type ClaimedGroup, isCovered } from './narrow.ts';
import type { AccountView } from './observe-account.ts';
import type { FoundWorker } from './observe-instances.ts';

/** What a sweep read of the account as a whole. */
export interface Sweep extends AccountView {
  readonly trigger: MessageTrigger;
}

/** The node groups to observe, and how many claims are known already. */
export interface Due {
  readonly due: readonly DueGroup[];
  readonly known: number;
}

type Asked = Omit<DueGroup, 'state'>;

/**
 * Chooses the node groups to observe: those that were requested, those of a sweep, and those that the batch brings news
 * about.
 *
 * @param workers the workers in service, by instance id
 */
export async function chooseDue(
  ledger: Ledger,
  { nodeGroups }: Pick<Batch, 'nodeGroups'>,
  { claimed, sweep }: { readonly claimed: readonly ClaimedGroup[]; readonly sweep: Sweep | undefined },
  workers: ReadonlyMap<string, FoundWorker>,
  now: number,
): Promise<Due> {
  const remembered = sweep === undefined ? [] : [...(await readOpenFindingStates(ledger, 'findings')).keys()];
  const requested = [...nodeGroups].map(([subject, { key, trigger }]): [string, Asked] => [
    subject,
    { key, trigger, ownership: ownershipOf(key), instanceIds: [] },
  ]);
  const asked = new Map([...requested, ...(sweep === undefined ? [] : sweptGroups(sweep, remembered, workers))]);

  const subjects = [...asked.keys(), ...claimed.map(({ key }) => subjectOf(key))];
  const states = await readFindingStates(ledger, 'findings', subjects);
  const stateOf = (subject: string): FindingState => states.get(subject) ?? NEW_FINDING_STATE;
  const [covered = [], news = []] = [true, false].map((wanted) =>
    claimed.filter((group) => isCovered(group, stateOf(subjectOf(group.key)), now) === wanted),
  );
  for (const { claims: _, ...group } of news) asked.set(subjectOf(group.key), group);
  return {
    due: withReadableItems(ledger, 'findings', [...asked], ([subject]) => subject).map(([subject, group]) => ({
      ...group,
      state: stateOf(subject),
    })),
    known: covered.reduce((sum, { claims }) => sum + claims.length, 0),
  };
}

/** The groups of a sweep: those with remembered findings, and those with findings that no event may have named. */
function sweptGroups(
  { afflicted, trigger }: Sweep,
  remembered: readonly string[],
  workers: ReadonlyMap<string, FoundWorker>,
): Array<[string, Asked]> {
  const found = Map.groupBy(
    afflicted.flatMap((id) => workers.get(id) ?? []),
    ({ key }) => subjectOf(key),
  );
  return [
    ...remembered.map((subject): [string, Asked] => {
      const key = keyOf(subject);
      return [subject, { key, trigger, ownership: ownershipOf(key), instanceIds: [] }];
    }),
    ...[...found].flatMap(([subject, ofGroup]): Array<[string, Asked]> => {
      const [first] = ofGroup;
      if (first === undefined) return [];
      const { key, ownership } = first;
      return [[subject, { key, ownership, trigger, instanceIds: ofGroup.map(({ instanceId }) => instanceId) }]];
    }),
  ];
}

/** Who manages the workers of a group, by its name. */
function ownershipOf({ nodegroup }: NodeGroupKey): Worker['ownership'] {
  const group = unmanagedGroup(nodegroup);
  if (group !== undefined) return group.kind === 'node-pool' ? 'karpenter' : 'self-managed';
  return nodegroup.includes(':') ? 'auto-mode' : 'managed';
}
