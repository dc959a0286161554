import { sample as request } from '../events/quarantine-request.ts';
import { SHELL_INGRESS } from '../functions/shared/records/status.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, type Scenario, start } from './harness.ts';

/** Known long ago and run by every node group, so that nothing is upgraded while workers are quarantined. */
const RELEASES = [
  {
    at: '-10d',
    kubernetesVersion: '1.33',
    amiType: 'AL2023_x86_64_STANDARD',
    releaseVersion: '1.33.13-20260714',
  },
];

export const ENTRY = { function: 'quarantine-workers', kubernetesGroups: ['eks-host-remediator-quarantine'] };

/** A node group whose subnets route to the Internet but assign no public addresses, so that its workers are private. */
export const privateFleet = (group: object = {}, rest: object = {}, cluster: object = {}) => ({
  startsAt: '2026-07-15T00:00:00Z',
  releases: RELEASES,
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      network: 'internet-without-address',
      accessEntries: [ENTRY],
      nodeGroups: [{ name: 'web', desiredSize: 3, maxSize: 30, releaseVersion: '1.33.13-20260714', ...group }],
      ...cluster,
    },
  ],
  ...rest,
});

/** A launch of one worker with a public address, ten minutes after the start. */
export const publicLaunch = (exposure: object = {}, launch: object = {}) => ({
  launches: [
    {
      at: '+10m',
      cluster: 'shop',
      nodeGroup: 'web',
      withinSeconds: 0,
      exposure: { publicAddress: 'automatic', openPorts: [22], ...exposure },
      ...launch,
    },
  ],
});

/** A scenario of quarantine-workers alone, played in process unless `rest` says otherwise. */
export const scenario = (fleet: object, policy: object = {}, rest: Partial<Scenario> = {}) => ({
  inProcess: true,
  fleet,
  policy: { ssmAgent: { mode: 'off' }, upgrades: { mode: 'off' }, ...policy },
  seed: 5,
  ...rest,
});

/** The records of quarantine-workers about exposure, without those about workers that are not exposed. */
export const ours = ({ records }: Run) =>
  records.filter(
    ({ remediation, reason }) =>
      remediation === 'quarantine-workers' && reason !== 'not-exposed' && !isAboutShells(reason),
  );

/** Whether a record is about rules for ports 22 and 3389, which a check of posture reports. */
const isAboutShells = (reason: string): boolean => SHELL_INGRESS.some((each) => each === reason);

export const outcomes = (run: Run): string[] => ours(run).map(({ decision, reason }) => `${decision} ${reason}`);

/** The changing calls of the function. Receiving further messages from its queue changes nothing. */
export const changes = ({ calls }: Run) =>
  calls.filter(
    ({ function: name, service, operation, outcome }) =>
      name === 'quarantine-workers' &&
      outcome === 'ok' &&
      !(service === 'sqs' && /^(Receive|Delete)Message/.test(operation)) &&
      !/^(Describe|Get|BatchGet|Query|List|GET|LIST)/.test(operation),
  );

/** The instance launched with a public address: the first that was recorded as exposed. */
export const exposedWorker = (run: Run) => {
  const id = ours(run).find(({ instance }) => instance !== undefined)?.instance ?? '';
  const worker = run.account.fleet.instances.get(id);
  if (worker === undefined) throw new Error(`no exposed worker, but ${JSON.stringify(outcomes(run))}`);
  return worker;
};

let requests = 0;

/**
 * Publishes an operator's request about an instance.
 * @param time of the request; absent for now
 */
export function ask(
  run: Run,
  action: 'release' | 'extend' | 'terminate',
  instanceId: string,
  rest: object = {},
  time = new Date(run.account.time.now).toISOString(),
): void {
  requests += 1;
  run.account.putEvent({
    ...request,
    id: `request-${requests}`,
    time,
    detail: {
      action,
      instanceId,
      why: 'a test asked for it',
      requestedBy: 'arn:aws:iam::111122223333:role/tester',
      ...rest,
    },
  });
}

/**
 * The security groups of each interface of an instance, its addresses, and its state in its Auto Scaling group and
 * cluster.
 */
export const stateOf = (run: Run, instanceId: string) => {
  const { networks, autoScalingGroups } = run.account.fleet;
  const member = autoScalingGroups.list().flatMap(({ members }) => members.get(instanceId) ?? [])[0];
  return {
    groups: networks.interfaces.of(instanceId).map(({ id, securityGroupIds }) => [id, [...securityGroupIds]]),
    addresses: networks.interfaces
      .of(instanceId)
      .map(({ associations, ipv6Addresses }) => [
        [...associations.values()].map(({ publicIp }) => publicIp),
        ipv6Addresses.map(({ address }) => address),
      ]),
    lifecycle: member?.lifecycleState,
  };
};

/** Gives a worker an Elastic IP without any event. */
export function exposeSilently(run: Run, instanceId: string): void {
  const { interfaces, addresses } = run.account.fleet.networks;
  const [first] = interfaces.of(instanceId);
  if (first === undefined) throw new Error(`${instanceId} has no interface`);
  addresses.associate(addresses.allocate(), first, first.privateIps[0]);
}

/** Writes the policy document. */
export const setPolicy = ({ account }: Run, policy: string): void => {
  account.fleet.parameters.put({ Name: account.stack.ref('AWS::SSM::Parameter'), Value: policy, Overwrite: true });
};

/**
 * Everything that quarantine-workers can do, in one run: each exposure, each remedy, release, extension and end.
 * `onStarted` gets the run before it continues.
 */
export async function quarantineOfEveryKind(onStarted: (run: Run) => void = () => undefined): Promise<Run> {
  const run = await start({
    fleet: 'quarantine',
    seed: 7,
    policy: {
      ssmAgent: { mode: 'off' },
      quarantine: {
        snapshots: true,
        terminationProtection: true,
        allowSystemsManager: true,
        drain: { evict: true, within: '5m' },
        // The fourth worker of a cluster waits for a slot.
        concurrency: { perCluster: 3 },
        publicByDesign: { revokeIngress: 'enforce', closeSubnets: 'enforce' },
      },
    },
  });
  onStarted(run);
  await run.account.play(90 * MINUTE);
  const held = [
    ...new Set(run.records.filter(({ reason }) => reason === 'quarantined').map(({ instance = '' }) => instance)),
  ];
  for (const [index, id] of held.entries()) ask(run, index === 2 ? 'terminate' : 'release', id);
  for (const clusterName of ['public', 'careless']) askForGroup(run, clusterName, 'workers');
  await run.account.play(60 * MINUTE);
  return run;
}

/** Publishes the request to reopen a node group. */
export function askForGroup(run: Run, clusterName: string, nodegroupName: string): void {
  requests += 1;
  run.account.putEvent({
    ...request,
    id: `request-${requests}`,
    time: new Date(run.account.time.now).toISOString(),
    detail: { action: 'release', clusterName, nodegroupName, why: 'a test asked for it', requestedBy: 'tester' },
  });
}

/**
 * Every decision of quarantine-workers at least once, within some hours, over the wire. `onStarted` gets the run first.
 */
export async function quarantineOfEveryDecision(onStarted: (run: Run) => void = () => undefined): Promise<Run> {
  const exposure = { publicAddress: 'elastic' };
  const launch = (at: string, rest: object = {}) => ({ at, cluster: 'shop', nodeGroup: 'web', exposure, ...rest });
  const launches = [launch('+5m'), launch('+6m'), launch('+90m'), launch('+7m', { nodeGroup: 'left-alone' })];
  const nodeGroups = [
    { name: 'web', desiredSize: 4, maxSize: 6, releaseVersion: '1.33.13-20260714' },
    { name: 'left-alone', desiredSize: 1, tags: { 'eks-host-remediator:ignore': '' } },
  ];
  const quarantine = { expireAfter: '2h' };
  const run = await start(
    scenario(privateFleet({}, { launches }, { nodeGroups }), { quarantine }, { seed: 1, inProcess: false }),
  );
  onStarted(run);
  ask(run, 'extend', 'i-0123456789abcdef0', { by: '1d' });
  await run.account.play(20 * MINUTE);
  const held = run.records.filter(({ reason }) => reason === 'quarantined');
  setPolicy(run, JSON.stringify({ quarantine: { ...quarantine, mode: 'observe' } }));
  await run.account.play(80 * MINUTE);
  setPolicy(run, JSON.stringify({ quarantine }));
  await run.account.play(90 * MINUTE);
  for (const { instance = '' } of held) ask(run, 'release', instance);
  await run.account.play(10 * MINUTE);
  return run;
}

/** The holders of slots of the quarantine budget, from the ledger. */
export async function slotsOf({ account }: Run): Promise<string[]> {
  const items = await account.dynamoDb.scan(account.stack.ref('AWS::DynamoDB::Table'));
  const budget = items.find(({ pk, sk }) => pk?.S === 'budget' && sk?.S === 'quarantines');
  return Object.keys(budget?.slots?.M ?? {});
}

/** Workers with an interface in a quarantine security group, with their node groups. */
export function inQuarantine({ account }: Run): Array<{ id: string; cluster: string; nodegroup: string }> {
  const { instances, networks } = account.fleet;
  const own = new Set(
    networks.securityGroups
      .list()
      .filter(({ name }) => /-(untrack|quarantine|quarantine-ssm)$/.test(name))
      .map(({ id }) => id),
  );
  return instances
    .list()
    .filter(({ state }) => state === 'pending' || state === 'running')
    .filter(({ id }) =>
      networks.interfaces.of(id).some(({ securityGroupIds }) => securityGroupIds.some((each) => own.has(each))),
    )
    .map(({ id, tags }) => ({
      id,
      cluster: tags.get('eks:cluster-name') ?? '',
      nodegroup: tags.get('eks:nodegroup-name') ?? '',
    }));
}

/**
 * Workers whose identity only their role proves, exposed by a prefix list, with interfaces of pods. Their agents are
 * missing behind security groups that allow egress by a prefix list, and their metadata service accepts version 1.
 */
export async function workersOutsideGroups(): Promise<Run> {
  const pools = {
    karpenterNodePools: [{ name: 'general', size: 2, ssm: { imdsTokens: 'optional', agent: 'missing' } }],
  };
  const exposure = { openBy: 'prefix-list', branchInterfaces: 1 };
  const launch = { nodeGroup: undefined, karpenterNodePool: 'general' };
  const byHand = { name: 'by-hand', tags: { 'kubernetes.io/cluster/shop': 'owned' }, roleOf: 'web', at: '+5m' };
  const run = await start(
    scenario(
      privateFleet({ ssm: { imdsTokens: 'optional' } }, publicLaunch(exposure, launch), {
        otherInstances: [byHand],
        ...pools,
      }),
      { ssmAgent: { mode: 'observe', graceTime: '1m' }, imds: { mode: 'enforce' } },
    ),
  );
  await run.account.play(75 * MINUTE);
  return run;
}

/** A self-managed worker that only its role proves is isolated, and terminated on request. */
export async function terminatedSelfManaged(): Promise<Run> {
  const change = { at: '+5m', cluster: 'shop', selfManagedGroup: 'legacy', associateAddress: true };
  const legacy = { name: 'legacy', size: 1, imageId: 'ami-0abcdef0123456789', clusterTag: false };
  const cluster = { nodeGroups: [], selfManagedGroups: [legacy] };
  const run = await start(scenario(privateFleet({}, { changes: [change] }, cluster)));
  await run.account.play(15 * MINUTE);
  ask(run, 'terminate', exposedWorker(run).id);
  await run.account.play(5 * MINUTE);
  return run;
}
