import { makeQuarantineReconcileRequest, SHELL_INGRESS_GROUPS } from '../../../events/quarantine-reconcile-request.ts';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { telling, untoldOf } from '../../shared/fleet/identify-each.ts';
import { readOwner } from '../../shared/fleet/identity.ts';
import { type ReconcileQueue, sendRequests } from '../../shared/intake/reconcile-queue.ts';
import { codeIn } from '../../shared/runtime/aws-error.ts';
import { chunks } from '../../shared/runtime/chunks.ts';
import { carryOutGroup, type GroupMemory, type HardenDeps } from '../act/harden.ts';
import type { AskedShellIngress, Scope } from '../batch.ts';
import { type Circumstances, say } from '../model/decision.ts';
import { EXPOSED_GROUP_PK, NEW_EXPOSED_GROUP, readExposedGroups } from '../model/exposed-group-ledger.ts';
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

/** The check's id separates these records from those about the group's exposure. */
const CHECK = { check: 'SSH.3' };

/** From revoking a rule to the reconcile that confirms it, seconds. */
const CONFIRM_AFTER = 60;

/** Reads the groups that a check of posture named, and revokes by policy the rules that let public addresses in. */
export async function closeShellIngress(
  deps: CloseDeps,
  readCluster: ClusterReader,
  { shellIngress }: Pick<Scope, 'shellIngress'>,
  circumstances: Pick<Circumstances, 'policy' | 'account' | 'now'>,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  if (shellIngress.size === 0) return;
  const closed: AskedShellIngress[] = [];
  for (const [subject, asked] of shellIngress) {
    const close = closeOne(deps, readCluster, subject, asked, circumstances);
    await close.then((isClosed) => isClosed && closed.push(asked), onTrouble);
  }
  // A revoked rule stays revoked. If the confirming reconcile cannot be requested, the redelivered batch confirms.
  await lookAgain(deps, closed, circumstances.now).catch(onTrouble);
}

/** @returns whether rules of the group were revoked */
async function closeOne(
  deps: CloseDeps,
  readCluster: ClusterReader,
  subject: string,
  asked: AskedShellIngress,
  circumstances: Pick<Circumstances, 'policy' | 'account' | 'now'>,
): Promise<boolean> {
  const owner = await readOwner(deps.eks, telling(readCluster), asked.key, 'tell');
  const { unreadable } = owner;
  const known = unreadable === undefined ? owner : { tags: {} };
  if (shellIngressMode({ ...asked, owner: known }, circumstances) === 'off') return false;
  const untold = untoldOf(owner, asked.trigger);
  if (untold !== undefined) throw new Error(`${subject} cannot be read for now: ${untold}`);
  const state = (await readExposedGroups(deps.ledger, [subject])).get(subject);
  if (deps.ledger.unreadable?.has(EXPOSED_GROUP_PK, subject)) return false;
  if (unreadable !== undefined) {
    const decision = { ...say('failed', 'unreadable', unreadable, codeIn(unreadable)), details: CHECK };
    await carryOutGroup(deps, { observation: { ...asked, state: state ?? NEW_EXPOSED_GROUP }, decision }, MEMORY);
    return false;
  }
  const observation = await observeShellIngress(deps, readCluster, { ...asked, owner }, state);
  if (observation === undefined) return false;
  const decided = decideShellIngress(observation, circumstances);
  await carryOutGroup(deps, { observation, decision: { ...decided, details: CHECK } }, MEMORY);
  return decided.harden !== undefined;
}

async function lookAgain(
  { queue, account, region, caller }: CloseDeps,
  closed: readonly AskedShellIngress[],
  now: number,
): Promise<void> {
  const origin = { account, region, time: new Date(now).toISOString() };
  const requests = [...Map.groupBy(closed, ({ key }) => key.cluster)].flatMap(([clusterName, all]) =>
    chunks(all, SHELL_INGRESS_GROUPS).map((groups, index) => {
      const waived = [...new Set(groups.flatMap((each) => each.waived))];
      return {
        request: makeQuarantineReconcileRequest(origin, `shell-ingress ${clusterName} ${caller} ${index}`, {
          trigger: 'posture',
          clusterName,
          shellIngressOf: groups.map(({ key }) => key.nodegroup),
          ...(waived.length > 0 && { waived }),
        }),
        delaySeconds: CONFIRM_AFTER,
      };
    }),
  );
  if (requests.length > 0) await sendRequests(queue, requests);
}
