import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { isOutOfService, lifecycleStatesOf } from '../shared/fleet/lifecycle.ts';
import { findingKey, NEW_FINDING_STATE, readFindingStates } from '../shared/ledger/finding-ledger.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { Sweep } from './choose-due.ts';
import type { AccountObservation, CoverageObservation } from './observation.ts';
import type { FoundWorker } from './observe-instances.ts';

/** How old a worker must be to be reported as unscanned, ms. Inspector scans it some minutes after its launch. */
const SCANNED_WITHIN = 60 * 60_000;

export interface CoverageClients {
  readonly autoScaling: AutoScalingClient;
  readonly ledger: Ledger;
}

/** Observes Inspector in the account, and the node groups whose workers it does not scan. */
export async function observeCoverage(
  { autoScaling, ledger }: CoverageClients,
  { status, refused, unscanned, trigger }: Sweep,
  workers: ReadonlyMap<string, FoundWorker>,
  now: number,
): Promise<{ readonly account: AccountObservation; readonly groups: readonly CoverageObservation[] }> {
  const old = [...workers.values()].filter(
    ({ instanceId, launchedAt, ownership }) =>
      unscanned.has(instanceId) && now - launchedAt >= SCANNED_WITHIN && ownership !== 'auto-mode',
  );
  const members = old.flatMap(({ instanceId, autoScalingGroup }) => (autoScalingGroup === undefined ? [] : instanceId));
  const lifecycles = await lifecycleStatesOf(autoScaling, members);
  // A worker in standby or on its way out needs no advice.
  const settled = old.filter(({ instanceId }) => !isOutOfService(lifecycles.get(instanceId)));
  const byGroup = Map.groupBy(settled, ({ key }) => subjectOf(key));
  const states = await readFindingStates(ledger, 'coverage', [ACCOUNT, ...byGroup.keys()]);
  const groups = [...byGroup].flatMap(([subject, ofGroup]): CoverageObservation[] => {
    const [first] = ofGroup;
    if (first === undefined) return [];
    const byReason = Map.groupBy(ofGroup, ({ instanceId }) => unscanned.get(instanceId) ?? '');
    const ids = [...byReason].map(([reason, ofReason]): [string, string[]] => [
      reason,
      ofReason.map((each) => each.instanceId),
    ]);
    const state = states.get(subject) ?? NEW_FINDING_STATE;
    return [{ topic: 'coverage', subject: first.key, trigger, state, unscanned: new Map(ids) }];
  });
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
