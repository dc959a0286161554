import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import { GetCommandInvocationCommand, InvocationDoesNotExist, type SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import type { DescribedInstance } from '../shared/fleet/described-instance.ts';
import { type FoundWorker, findWorkers } from '../shared/fleet/find-workers.ts';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { type Identities, identifyEach, withoutUnread } from '../shared/fleet/identify-each.ts';
import { readLifecycleStates } from '../shared/fleet/lifecycle.ts';
import { hostOf, readSessions } from '../shared/fleet/session-channels.ts';
import { tagsOf, type Worker } from '../shared/fleet/worker.ts';
import type { Location } from '../shared/iam/location.ts';
import { observeProfiles } from '../shared/iam/read-roles.ts';
import { type Ledger, withReadableItems } from '../shared/ledger/ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { refusalOf } from '../shared/runtime/aws-error.ts';
import type { Scope } from './batch.ts';
import type { NeededReads } from './needed-reads.ts';
import type { AgentView, CommandView, Observation, WorkerView } from './observation.ts';
import { readAgents } from './observe-agents.ts';
import { type FindingsClients, observeFindings } from './observe-findings.ts';
import { NEW_WORKER, PK, readWorkers, type WorkerState } from './worker-ledger.ts';

export interface ObserveClients extends FindingsClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/**
 * Reads what decisions about the workers of the scope depend on. Each call describes many workers, so a thousand of
 * them take a few calls. Instances that are not workers are left out here and never reconciled again.
 *
 * Workers whose owners, roles or networks cannot be read for now are named. They are left out until another delivery has
 * failed, too.
 *
 * @param neededReadsOf says what else has to be read about a worker, from what is cheap to know
 * @param location partition, region and account, and `now`, epoch milliseconds
 */
export async function observeWorkers(
  clients: ObserveClients,
  readCluster: ClusterReader,
  scope: Scope,
  neededReadsOf: (view: WorkerView, state: WorkerState) => NeededReads | undefined,
  { now, ...location }: Location & { readonly now: number },
): Promise<{ readonly observations: readonly Observation[]; readonly unread: Identities['unread'] }> {
  const all = await findWorkers(clients.ec2, scope);
  const ids = all.map(({ instanceId }) => instanceId);
  const [agents, states] = await Promise.all([readAgents(clients.ssm, ids), readWorkers(clients.ledger, ids)]);
  const workers = withReadableItems(clients.ledger, PK, all, ({ instanceId }) => instanceId);
  const observations = await pMap(
    workers,
    async ({ instanceId, instance, worker, trigger }): Promise<Observation> => {
      const state = states.get(instanceId) ?? NEW_WORKER;
      const command = await readCommand(clients.ssm, instanceId, state.remedy?.commandId);
      const view = viewOf(instance, worker, agents.get(instanceId), command);
      const request = scope.requests.get(instanceId);
      return request === undefined || request.trigger.id === state.answered
        ? { instanceId, trigger, state, view }
        : { instanceId, trigger: request.trigger, state, view, request };
    },
    { concurrency: READ_CONCURRENCY },
  );
  const needed = new Map(observations.map(({ instanceId, view, state }) => [instanceId, neededReadsOf(view, state)]));
  const concerned = workers.filter(({ instanceId }) => needed.get(instanceId) !== undefined);
  const asked = (...kinds: NeededReads[]) =>
    concerned.filter(({ instanceId }) => kinds.some((kind) => kind === needed.get(instanceId)));
  const answering = asked('owner', 'role', 'sessions').filter(
    ({ instanceId }) => agents.get(instanceId)?.online === true,
  );
  const sessions = await readSessions(clients.ssm, answering.map(hostOf('VpcId')));
  const unconnected = answering.filter(({ instanceId }) => sessions.get(instanceId) === false);
  const silent = [...asked('findings'), ...unconnected];
  const remedied = [...new Set([...asked('owner', 'findings'), ...unconnected])];
  const newlyConnected = answering.filter(
    ({ instanceId }) => sessions.get(instanceId) === true && states.get(instanceId)?.roleFingerprint === undefined,
  );
  const [{ identities, unread: ofOwners }, lifecycles, { findings, unread: ofNeeds }, fingerprints] = await Promise.all(
    [
      identifyEach(
        clients,
        readCluster,
        remedied.map(({ instance }) => instance),
      ),
      readLifecycleStates(
        clients.autoScaling,
        remedied.map(({ instance }) => instance),
      ),
      observeFindings(clients, location, silent, { instances: workers.map(({ instance }) => instance), agents }, now),
      readFingerprints(clients, newlyConnected, agents),
    ],
  );
  const unread = new Map([...ofNeeds, ...ofOwners]);
  const more = new Map(
    concerned.map(({ instanceId }): [string, Partial<WorkerView>] => [
      instanceId,
      known({
        ...identities.get(instanceId)?.worker,
        owner: identities.get(instanceId)?.owner,
        lifecycleState: lifecycles.get(instanceId),
        sessions: sessions.get(instanceId),
        findings: findings.get(instanceId),
        roleFingerprint: fingerprints.get(instanceId),
      }),
    ]),
  );
  const observed = withoutUnread(observations, unread).map((observation) => {
    const [{ nodegroup, ...view }, found] = [observation.view, more.get(observation.instanceId)];
    // The proven identity also shows that the worker belongs to no node group.
    const group = identities.has(observation.instanceId) || nodegroup === undefined ? {} : { nodegroup };
    return { ...observation, view: { ...view, ...group, ...found } };
  });
  return { observations: observed, unread };
}

/** Drops the members that are undefined. */
const known = (members: { readonly [Key in keyof WorkerView]?: WorkerView[Key] | undefined }): Partial<WorkerView> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** The fingerprint of a worker without a role. */
const NO_ROLE = 'none';
/** Precedes the name of the role that an agent has its rights from, where that is not its instance's own. */
const HOST_MANAGED = 'host-management';

/**
 * Reads the fingerprints of the roles' policies, by instance id. Each role is read once. Of an agent that has its rights
 * from another role, the instance's own proves nothing, so that its fingerprint is none of that.
 */
async function readFingerprints(
  { iam }: ObserveClients,
  workers: readonly FoundWorker[],
  agents: ReadonlyMap<string, AgentView>,
): Promise<Map<string, string>> {
  const arnOf = ({ instance }: FoundWorker) => instance.IamInstanceProfile?.Arn ?? '';
  const profiles = await observeProfiles(iam, workers.map(arnOf));
  return new Map(
    workers.flatMap((worker): Array<[string, string]> => {
      const profile = profiles.get(arnOf(worker));
      if (profile?.unread !== undefined) return [];
      const own = profile?.role;
      const other = agents.get(worker.instanceId)?.role;
      const isOwn = other === undefined || other === own?.name;
      return [[worker.instanceId, isOwn ? (own?.fingerprint ?? NO_ROLE) : `${HOST_MANAGED} ${other}`]];
    }),
  );
}

/**
 * Reads the status of an update command on one instance. SSM may not know it right after sending; it counts as running
 * then.
 */
async function readCommand(
  ssm: SSMClient,
  InstanceId: string,
  CommandId: string | undefined,
): Promise<CommandView | undefined> {
  if (CommandId === undefined) return undefined;
  try {
    const {
      Status,
      StatusDetails,
      StandardErrorContent = '',
    } = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
    if (Status === 'Success') return { kind: 'succeeded' };
    if (Status === 'Failed' || Status === 'TimedOut' || Status === 'Cancelled') {
      const lastLine = StandardErrorContent.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
      return {
        kind: 'failed',
        message: `command ${CommandId} is ${StatusDetails ?? Status}${lastLine === '' ? '' : `: ${lastLine}`}`,
      };
    }
  } catch (error) {
    // Where a policy lets nobody read it, the agent's version tells, or the update runs out of time.
    if (!(error instanceof InvocationDoesNotExist) && refusalOf(error) === undefined) throw error;
  }
  return { kind: 'running' };
}

const viewOf = (
  { State, LaunchTime, Platform, PrivateDnsName = '', Tags = [] }: DescribedInstance,
  { cluster, nodegroup, ownership, certain }: Worker,
  agent: AgentView | undefined,
  command: CommandView | undefined,
): WorkerView => ({
  cluster,
  ...(nodegroup !== undefined && { nodegroup }),
  ownership,
  certain,
  instanceState: State?.Name ?? '',
  launchedAt: LaunchTime?.getTime() ?? 0,
  tags: tagsOf({ Tags }),
  ...(Platform?.toLowerCase() === 'windows' && { windows: true }),
  ...(PrivateDnsName !== '' && { privateDnsName: PrivateDnsName }),
  ...(agent !== undefined && { agent }),
  ...(command !== undefined && { command }),
});
