import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import {
  GetCommandInvocationCommand,
  InvocationDoesNotExist,
  paginateDescribeInstanceInformation,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { describeInstances, filtersByCluster, filtersOf } from '../shared/fleet/instances.ts';
import { readOwners } from '../shared/fleet/owners.ts';
import { tagsOf, type Worker, workerOf } from '../shared/fleet/worker.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import type { Scope } from './batch.ts';
import type { NeededReads } from './needed-reads.ts';
import type { AgentView, CommandView, FoundWorker, Observation, WorkerView } from './observation.ts';
import { type FindingsClients, observeFindings } from './observe-findings.ts';
import { NEW_WORKER, readWorkers, type WorkerState } from './worker-ledger.ts';

export interface ObserveClients extends FindingsClients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/** DescribeInstanceInformation: a page has at most 50. */
const AGENTS_PER_PAGE = 50;

/**
 * Reads what decisions about the workers of the scope rest on: a few calls for a thousand of them, since each call
 * describes many. Whatever is not a worker is left out here and never reconciled again.
 *
 * @param neededReadsOf tells what else has to be found out about a worker, from what is cheap to know of it
 */
export async function observeWorkers(
  clients: ObserveClients,
  readCluster: ClusterReader,
  scope: Scope,
  neededReadsOf: (view: WorkerView, state: WorkerState) => NeededReads | undefined,
): Promise<Observation[]> {
  const workers = await findWorkers(clients.ec2, scope);
  const ids = workers.map(({ instanceId }) => instanceId);
  const [agents, states] = await Promise.all([readAgents(clients.ssm, ids), readWorkers(clients.ledger, ids)]);
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
  const inquiries = new Map(
    observations.map(({ instanceId, view, state }) => [instanceId, neededReadsOf(view, state)]),
  );
  const concerned = workers.filter(({ instanceId }) => inquiries.get(instanceId) !== undefined);
  return observations.map(withMore(await readMore(clients, readCluster, concerned, inquiries, agents)));
}

/** What is dearer to know, by instance id: owners, and the findings of those whose agent does not answer. */
async function readMore(
  clients: ObserveClients,
  readCluster: ClusterReader,
  concerned: readonly FoundWorker[],
  inquiries: ReadonlyMap<string, NeededReads | undefined>,
  agents: ReadonlyMap<string, AgentView>,
): Promise<Map<string, Pick<WorkerView, 'owner' | 'findings'>>> {
  const [owners, findings] = await Promise.all([
    readOwners(
      clients.eks,
      readCluster,
      concerned.map(({ worker }) => worker),
    ),
    observeFindings(
      clients,
      concerned.filter(({ instanceId }) => inquiries.get(instanceId) === 'findings'),
      new Map([...agents].map(([instanceId, { version }]) => [instanceId, version])),
    ),
  ]);
  return new Map(
    concerned.map(({ instanceId, worker }) => {
      const [owner, found] = [owners.get(worker), findings.get(instanceId)];
      return [instanceId, { ...(owner !== undefined && { owner }), ...(found !== undefined && { findings: found }) }];
    }),
  );
}

async function findWorkers(ec2: EC2Client, { instances, clusters }: Scope): Promise<FoundWorker[]> {
  const found = await describeInstances(ec2, [
    ...filtersOf('instance-id', [...instances.keys()]).map((filter) => [filter]),
    ...filtersByCluster([...clusters.keys()]).map((filter) => [RUNNING, filter]),
  ]);
  const byId = new Map(found.map((instance): [string, Instance] => [instance.InstanceId ?? '', instance]));
  return [...byId].flatMap(([instanceId, instance]) => {
    const worker = workerOf(instance);
    const trigger = instances.get(instanceId) ?? (worker && clusters.get(worker.cluster));
    return worker === undefined || trigger === undefined ? [] : [{ instanceId, instance, worker, trigger }];
  });
}

const RUNNING = { Name: 'instance-state-name', Values: ['pending', 'running'] };

async function readAgents(ssm: SSMClient, instanceIds: readonly string[]): Promise<Map<string, AgentView>> {
  const agents = new Map<string, AgentView>();
  const read = async (Values: string[]) => {
    const input = { Filters: [{ Key: 'InstanceIds', Values }] };
    for await (const page of paginateDescribeInstanceInformation({ client: ssm, pageSize: AGENTS_PER_PAGE }, input)) {
      for (const {
        InstanceId,
        PingStatus,
        AgentVersion = '',
        IsLatestVersion,
        PlatformName = '',
      } of page.InstanceInformationList ?? []) {
        if (InstanceId === undefined) continue;
        const online = PingStatus === 'Online';
        agents.set(InstanceId, {
          online,
          version: AgentVersion,
          latest: IsLatestVersion === true,
          platform: PlatformName,
        });
      }
    }
  };
  await pMap(chunks(instanceIds, AGENTS_PER_PAGE), read, { concurrency: READ_CONCURRENCY });
  return agents;
}

/** How an update command stands on one instance. Right after sending it is not known yet: it runs then. */
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
    if (!(error instanceof InvocationDoesNotExist)) throw error;
  }
  return { kind: 'running' };
}

const viewOf = (
  { State, LaunchTime, Tags = [] }: Instance,
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
  ...(agent !== undefined && { agent }),
  ...(command !== undefined && { command }),
});

const withMore =
  (more: ReadonlyMap<string, Pick<WorkerView, 'owner' | 'findings'>>) =>
  (observation: Observation): Observation => ({
    ...observation,
    view: { ...observation.view, ...more.get(observation.instanceId) },
  });
