import { makeQuarantineReconcileRequest } from '../../../events/quarantine-reconcile-request.ts';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { readOwner } from '../../shared/fleet/identity.ts';
import { type ReconcileQueue, sendRequests } from '../../shared/intake/reconcile-queue.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-ledger.ts';
import type { Scope } from '../batch.ts';
import type { Circumstances } from '../decision.ts';
import { readExposedGroups } from '../exposed-group-ledger.ts';
import { carryOutGroup, type GroupMemory, type HardenDeps } from '../harden.ts';
import { decideShellIngress, shellIngressMode } from './decide.ts';
import { observeShellIngress, type ShellIngressClients } from './observe.ts';

export interface CloseDeps extends HardenDeps, ShellIngressClients {
  readonly queue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

const MEMORY: GroupMemory = {
  name: 'shell-ingress',
  read: ({ shellIngress = { outcomes: 0 } }) => shellIngress,
  write: (state, shellIngress) => ({ ...state, shellIngress }),
};

/** From revoking a rule to the look that confirms it, seconds. */
const CONFIRM_AFTER = 60;

/** Looks at the groups that a check of posture named, and revokes by policy what lets public addresses in. */
export async function closeShellIngress(
  deps: CloseDeps,
  readCluster: ClusterReader,
  { shellIngress }: Pick<Scope, 'shellIngress'>,
  circumstances: Pick<Circumstances, 'policy' | 'account' | 'now'>,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  if (shellIngress.size === 0) return;
  const closed: NodeGroupKey[] = [];
  for (const [subject, asked] of shellIngress) {
    try {
      const owner = await readOwner(deps.eks, readCluster, asked.key);
      if (shellIngressMode({ ...asked, owner }, circumstances) === 'off') continue;
      const state = (await readExposedGroups(deps.ledger, [subject])).get(subject);
      const observation = await observeShellIngress(deps, readCluster, { ...asked, owner }, state);
      const decided = decideShellIngress(observation, circumstances);
      // By the check, views set these records apart from those about the group's exposure.
      const decision = { ...decided, details: { check: 'SSH.3' } };
      await carryOutGroup(deps, { observation, decision }, MEMORY);
      if (decision.harden !== undefined) closed.push(asked.key);
    } catch (error) {
      onTrouble(error);
    }
  }
  await lookAgain(deps, closed, circumstances.now);
}

async function lookAgain(
  { queue, account, region, caller }: CloseDeps,
  closed: readonly NodeGroupKey[],
  now: number,
): Promise<void> {
  const origin = { account, region, time: new Date(now).toISOString() };
  const requests = [...Map.groupBy(closed, ({ cluster }) => cluster)].map(([clusterName, keys]) => ({
    request: makeQuarantineReconcileRequest(origin, `shell-ingress ${clusterName} ${caller}`, {
      trigger: 'posture',
      clusterName,
      shellIngressOf: keys.map(({ nodegroup }) => nodegroup),
    }),
    delaySeconds: CONFIRM_AFTER,
  }));
  if (requests.length > 0) await sendRequests(queue, requests);
}
