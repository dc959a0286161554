import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { readOwner } from '../shared/fleet/identity.ts';
import { isOutOfService, lifecycleStatesOf } from '../shared/fleet/lifecycle.ts';
import {
  type FindingState,
  findingKey,
  NEW_FINDING_STATE,
  readFindingStates,
  readOpenFindingStates,
} from '../shared/ledger/finding-ledger.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { withReadableItems } from '../shared/ledger/ledger.ts';
import { keyOf, subjectOf } from '../shared/ledger/node-group-key.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { Sweep } from './choose-due.ts';
import type { AccountObservation, CoverageObservation } from './observation.ts';
import type { FoundWorker } from './observe-instances.ts';
import { needsSomebody, settlesWithin } from './scan-reason.ts';

export interface CoverageClients {
  readonly autoScaling: AutoScalingClient;
  readonly eks: EKSClient;
  readonly ledger: Ledger;
}

/** Observes Inspector in the account, and the node groups whose workers it does not scan, or of which that was told. */
export async function observeCoverage(
  { autoScaling, eks, ledger }: CoverageClients,
  { status, refused, unscanned, trigger }: Sweep,
  workers: ReadonlyMap<string, FoundWorker>,
  now: number,
): Promise<{ readonly account: AccountObservation; readonly groups: readonly CoverageObservation[] }> {
  const reasonOf = ({ instanceId }: FoundWorker): string => unscanned.get(instanceId) ?? '';
  const left = [...workers.values()].filter(
    ({ instanceId, ownership, optedOut }) =>
      unscanned.has(instanceId) && ownership !== 'auto-mode' && optedOut !== true,
  );
  const old = left.filter((worker) => now - worker.launchedAt >= settlesWithin(reasonOf(worker)));
  const members = old.flatMap(({ instanceId, autoScalingGroup }) => (autoScalingGroup === undefined ? [] : instanceId));
  const lifecycles = await lifecycleStatesOf(autoScaling, members);
  // A worker in standby or on its way out needs no advice.
  const settled = old.filter(({ instanceId }) => !isOutOfService(lifecycles.get(instanceId)));
  const byGroup = Map.groupBy(settled, ({ key }) => subjectOf(key));
  const states = await readFindingStates(ledger, 'coverage', [ACCOUNT, ...byGroup.keys()]);
  const readCluster = createClusterReader(eks, 'tell');
  const observeGroup = async ([subject, ofGroup]: [string, FoundWorker[]]): Promise<CoverageObservation> => {
    const subjectKey = keyOf(subject);
    const byReason = Map.groupBy(ofGroup, reasonOf);
    const ids = [...byReason].map(([reason, ofReason]): [string, string[]] => [
      reason,
      ofReason.map((each) => each.instanceId),
    ]);
    const state = states.get(subject) ?? NEW_FINDING_STATE;
    const mayBeTold = [...byReason.keys()].some(needsSomebody);
    const owner = mayBeTold ? await readOwner(eks, readCluster, subjectKey, 'tell') : undefined;
    const about = { topic: 'coverage', subject: subjectKey, trigger, state, unscanned: new Map(ids) } as const;
    return { ...about, ...(owner !== undefined && { owner }) };
  };
  const readable = withReadableItems(ledger, 'coverage', [...byGroup], ([subject]) => subject);
  const unfinished = await pMap(readable, observeGroup, { concurrency: READ_CONCURRENCY });
  // Where Inspector is about to be on or off, or does not answer, nobody knows what it scans.
  const isOff = status === 'DISABLED';
  const isKnown = refused === undefined && (status === 'ENABLED' || isOff);
  const known = isKnown ? await readOpenFindingStates(ledger, 'coverage') : [];
  const unsettled = left.filter((worker) => needsSomebody(reasonOf(worker)));
  const stillLeft = new Set([...byGroup.keys(), ...unsettled.map(({ key }) => subjectOf(key))]);
  // A reconcile that died before it told the end has left it pending.
  const isTold = ({ open, pending }: FindingState): boolean => open === true || pending !== undefined;
  const over = [...known].flatMap(([subject, state]): CoverageObservation[] =>
    subject === ACCOUNT || !isTold(state) || stillLeft.has(subject)
      ? []
      : [{ topic: 'coverage', subject: keyOf(subject), trigger, state, unscanned: new Map(), ...(isOff && { isOff }) }],
  );
  const groups = [...unfinished, ...over];
  const account = aboutAccount(trigger, status, states.get(ACCOUNT));
  return { account: refused === undefined ? account : { ...account, refused }, groups };
}

/** Observes the account where findings are ignored: only what is remembered is read, and Inspector is not asked. */
export async function recallAccount(ledger: Ledger, trigger: Trigger): Promise<AccountObservation> {
  return aboutAccount(trigger, undefined, (await readFindingStates(ledger, 'coverage', [ACCOUNT])).get(ACCOUNT));
}

const ACCOUNT = findingKey({});

const aboutAccount = (
  trigger: Trigger,
  status: AccountObservation['status'],
  state = NEW_FINDING_STATE,
): AccountObservation => ({ topic: 'coverage', subject: {}, trigger, state, status });
