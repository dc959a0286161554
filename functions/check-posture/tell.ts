import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { withReadableItems, writesOf } from '../shared/ledger/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { recordAllOnce } from '../shared/ledger/outcome-ledger.ts';
import { GROUP_STATES } from '../shared/posture/group-states.ts';
import type { Asked } from './batch.ts';
import { decideGroup, decideUnreadable, firstExpiry } from './decide.ts';
import type { Looked } from './decide-check.ts';
import type { Policy } from './policy.ts';
import { type ClusterState, type GroupState, NEW_GROUP, readGroupStates, saveGroupState } from './posture-ledger.ts';
import type { checkPosture } from './remediation.ts';
import { hostsThatFailed } from './silent-hosts.ts';

type TellDeps = Pick<QueueDeps<typeof checkPosture>, 'ledger' | 'recorder' | 'caller' | 'clock'>;

/** The trigger of a check. */
type Trigger = Asked['trigger'] | NonNullable<ClusterState['pending']>['trigger'];

/** The checked groups by name, and their states before by subject. */
interface Checked {
  readonly looked: ReadonlyMap<string, readonly Looked[]>;
  /** Why a worker of a group told nothing although its agent answered, by group: a sentence. */
  readonly mute: ReadonlyMap<string, string>;
  readonly before: ReadonlyMap<string, GroupState>;
  /** Ids of the workers that failed before, and are there as ever, but told nothing this time. */
  readonly silent?: ReadonlySet<string>;
}

/** How many workers of a group that failed are looked at first the next time. */
const FAILED_REMEMBERED = 10;

/**
 * Records what has changed in each group.
 * @returns when the first waiver ends, epoch milliseconds, and some workers that failed, by group
 */
export async function tell(
  deps: TellDeps,
  { posture }: Policy,
  cluster: string,
  trigger: Trigger,
  { looked, mute, before: states, silent = new Set() }: Checked,
): Promise<{ readonly expiry: number; readonly failed: Readonly<Record<string, string[]>> }> {
  const { recorder, clock } = deps;
  const now = clock.now();
  const failed: Record<string, string[]> = {};
  let expiry = Number.POSITIVE_INFINITY;
  await settleGroups(deps, posture.mode, cluster, trigger, { seen: looked, states }, (key, hosts, before) => {
    const { state, news } = decideGroup(
      key,
      hosts,
      { waivers: posture.waivers, now, mute: mute.get(key.nodegroup), silent },
      before,
    );
    recorder.count('HostsChecked', hosts.length);
    const open = Object.values(state.findings).filter(({ waiver }) => waiver === undefined);
    recorder.count('ChecksFailed', open.length);
    expiry = Math.min(expiry, firstExpiry(state));
    const some = hostsThatFailed(state).slice(0, FAILED_REMEMBERED);
    if (some.length > 0) failed[key.nodegroup] = some;
    return { state, news };
  });
  return { expiry, failed };
}

/** Records the groups that AWS does not let the function read. */
export async function tellUnreadable(
  deps: TellDeps,
  { posture }: Policy,
  cluster: string,
  trigger: Trigger,
  unreadable: ReadonlyMap<string, string>,
): Promise<void> {
  const states = await readGroupStates(deps.ledger, subjectsIn(cluster, unreadable));
  await settleGroups(deps, posture.mode, cluster, trigger, { seen: unreadable, states }, (key, error, before) =>
    decideUnreadable(key, error, deps.clock.now(), before),
  );
}

/** The subjects of a cluster's groups. @param groups by name */
export const subjectsIn = (cluster: string, groups: ReadonlyMap<string, unknown>): string[] =>
  [...groups.keys()].map((nodegroup) => subjectOf({ cluster, nodegroup }));

/** Decides about each group in turn, records the news, and saves the new state. */
async function settleGroups<Seen>(
  { ledger, recorder, caller, clock }: TellDeps,
  mode: Policy['posture']['mode'],
  cluster: string,
  trigger: Trigger,
  { seen, states }: { readonly seen: ReadonlyMap<string, Seen>; readonly states: Checked['before'] },
  decide: (key: NodeGroupKey, seen: Seen, before: GroupState) => ReturnType<typeof decideGroup>,
): Promise<void> {
  const inLedger = ([nodegroup]: readonly [string, Seen]) => subjectOf({ cluster, nodegroup });
  for (const [nodegroup, of] of withReadableItems(ledger, GROUP_STATES, [...seen], inLedger)) {
    const key = { cluster, nodegroup };
    const before = states.get(subjectOf(key)) ?? NEW_GROUP;
    const { unrecorded: _, ...known } = before;
    const { state, news } = decide(key, of, known);
    const writer = writesOf(caller);
    const save = (wanted: GroupState) => saveGroupState(ledger, subjectOf(key), wanted, clock.now(), writer());
    // The revision makes the same outcome at a later time a different record.
    const outcomes = news.map(({ fingerprint, ...each }) => ({
      subject: key,
      mode,
      trigger,
      fingerprint: `${before.revision} ${fingerprint}`,
      ...each,
    }));
    await recordAllOnce({ save, record: recorder.record }, before, state, outcomes);
  }
}
