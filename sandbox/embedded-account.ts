import { rbacManifest } from '../kubernetes/rbac.ts';
import type { CloudWatch } from './account/cloudwatch/cloudwatch.ts';
import type { DynamoDb } from './account/dynamodb/dynamodb.ts';
import { vcpuUsage } from './account/ec2/vcpu-quotas.ts';
import { clusterNodes } from './account/eks/cluster-nodes.ts';
import type { Deliveries } from './account/event-bridge/delivery.ts';
import { type BusEvent, DEFAULT_BUS } from './account/event-bridge/event-bridge.ts';
import type { FaultPlan } from './account/faults.ts';
import type { Logs } from './account/logs/logs.ts';
import { partitionOf } from './account/partition.ts';
import type { PlannedCall } from './account/planned-call.ts';
import { SecurityHub } from './account/security-hub/security-hub.ts';
import type { Caller, CallRecord, Service } from './account/service.ts';
import type { Sns } from './account/sns/sns.ts';
import type { Sqs } from './account/sqs/sqs.ts';
import type { World } from './account/world.ts';
import { principalOf, seedAccessEntries } from './fleet/access-entries.ts';
import type { Fleet } from './fleet/fleet.ts';
import { seedAlarms } from './fleet/gates.ts';
import { otherHostsOf } from './fleet/other-hosts.ts';
import { seedFleet } from './fleet/seed-fleet.ts';
import { fleetServices } from './fleet/services.ts';
import { snapshotFleet } from './fleet/snapshot.ts';
import type { FleetState } from './fleet/state.ts';
import { workloadsOf } from './fleet/workloads.ts';
import { DirectCalls } from './in-process/direct-calls.ts';
import { inProcessPackages } from './in-process/in-process-packages.ts';
import { ClusterApis } from './kubernetes/cluster-apis.ts';
import { ExecutionEnvironment, type PackageSurroundings } from './lambda/execution-environment.ts';
import { InMemoryNetwork } from './lambda/in-memory-network.ts';
import type { Lambda } from './lambda/lambda.ts';
import { SECRET_ACCESS_KEY } from './lambda/lambda-context.ts';
import type { InvocationOutcome } from './lambda/lambda-function.ts';
import { createCloudFormation } from './stack/cloudformation.ts';
import { Stack } from './stack/stack.ts';
import { callableServices, createStackServices } from './stack/stack-services.ts';
import type { SynthesizedStack } from './stack/template.ts';
import { Random } from './time/random.ts';
import { VirtualTime } from './time/virtual-time.ts';
import { AccountServer } from './wire/account-server.ts';

export interface AccountOptions {
  readonly fleet: Fleet;
  /** The same seed gives the same run. */
  readonly seed: number;
  /** The stack to deploy into the account. */
  readonly synthesized: SynthesizedStack;
  /** Text of the policy document, written into the stack's policy parameter. */
  readonly policy?: string;
  readonly faults?: FaultPlan;
  /**
   * Whether SDK clients call the account's operations directly, without HTTP, signatures and serialization. The stack
   * must have been synthesized from light bundles.
   */
  readonly inProcess?: boolean;
  /** Called for every AWS call. */
  readonly onCall?: (call: CallRecord) => void;
  /** Called for every logged line, with the names of its log group and stream. */
  readonly onLine?: (line: string, group: string, stream: string) => void;
}

/** Any caller other than a function, such as a person's CLI or a test. May do anything. */
const OPERATOR: Caller = { function: 'operator' };

/** Step by which time advances while a function's response is awaited, ms. */
const ANSWER_STEP_MS = 50;

/** An AWS account in this process: the fleet of a file, with the stack deployed into it. */
export interface EmbeddedAccount {
  readonly world: World;
  readonly time: VirtualTime;
  readonly fleet: FleetState;
  readonly stack: Stack;
  readonly sqs: Sqs;
  readonly lambda: Lambda;
  readonly dynamoDb: DynamoDb;
  readonly logs: Logs;
  readonly sns: Sns;
  readonly deliveries: Deliveries;
  readonly cloudWatch: CloudWatch;
  /** All services that clients can call. */
  readonly services: readonly Service[];
  readonly server: AccountServer;
  readonly network: InMemoryNetwork;
  readonly kubernetes: ClusterApis;
  /** Publishes an event unchanged: an AWS service's event on the default bus, any other on the stack's own bus. */
  putEvent(event: BusEvent): void;
  /**
   * Invokes a function and waits for its response, in virtual time, as an operator or CloudWatch does.
   * @param nameOrArn also the name in the function's records, such as `review-actions`
   */
  invoke(nameOrArn: string, event: unknown): Promise<InvocationOutcome>;
  /** Lets virtual time pass, ms. */
  play(ms: number): Promise<void>;
  /** Ids of the instances whose SSM agent is Online. */
  onlineAgents(): string[];
  snapshot(): ReturnType<typeof snapshotFleet>;
}

/**
 * Seeds the account and deploys the stack. Virtual time stands at the fleet's start.
 * @throws TemplateError for a template that the sandbox does not support
 */
export async function openAccount(options: AccountOptions): Promise<EmbeddedAccount> {
  const { fleet: file, seed, synthesized, policy, faults: faultPlan = {}, inProcess = false, onCall, onLine } = options;
  const time = new VirtualTime(Date.parse(file.startsAt), inProcess ? 1 : undefined);
  const world: World = {
    accountId: file.account,
    region: file.region,
    partition: partitionOf(file.region),
    time,
    random: new Random(seed),
    emit: (event) => services.eventBridge.emit(event),
  };
  const fleet = seedFleet(world, file);
  const services = createStackServices({
    world,
    faultPlan,
    lambda: { detectsLoops: file.recursiveLoopDetection, concurrentExecutions: file.concurrentExecutions },
    createEnvironment: ({ name, ...definition }, accessKeyId, write) => {
      const { accountId, region, random } = world;
      const identity = { functionName: name, logGroupName: definition.logging.group, accountId, region, accessKeyId };
      const surroundings = { network, time, random: random.fork(accessKeyId), onLine: write };
      const packages = (around: PackageSurroundings) => inProcessPackages({ ...around, calls: direct });
      return new ExecutionEnvironment({ ...definition, ...identity, ...surroundings, ...(inProcess && { packages }) });
    },
    account: {
      putParameter: (parameter) => fleet.parameters.put(parameter),
      addDocument: (document) => fleet.commands.documents.add(document),
      iam: fleet.iam,
      addAccessEntry: (clusterName, request) => fleet.accessEntries.create(fleet.eks.cluster(clusterName), request),
    },
  });
  const { faults, deliveries, logs, lambda, sqs, sns, eventBridge, dynamoDb, authorization, cloudWatch } = services;
  if (onLine !== undefined) logs.onEvent((group, { message, stream }) => onLine(message, group, stream));

  // An operator's client waits in real time: only calls of functions take virtual time.
  const execute = <Answer>(call: PlannedCall, run: () => Promise<Answer>): Promise<Answer> =>
    call.caller.invocationId === undefined ? run() : faults.aroundCall(call, run);
  const stacks: Stack[] = [];
  const securityHub = new SecurityHub(world, file.securityHub);
  const callable = [
    ...fleetServices(fleet, (caller, permission) => authorization.allowsCaller(caller, permission)),
    ...callableServices(services, world),
    createCloudFormation(() => stacks),
    securityHub.service,
  ];
  const entrance = {
    services: callable,
    world,
    identify: (accessKeyId: string) => lambda.callerOf(accessKeyId) ?? OPERATOR,
    execute,
    ...(onCall !== undefined && { onCall }),
  };
  const server = new AccountServer(entrance);
  const direct = new DirectCalls(entrance);
  const kubernetes = new ClusterApis({
    world,
    clusters: () => fleet.eks.clusters.values(),
    nodesOf: (clusterName) => clusterNodes(fleet.instances, fleet.kubelets, clusterName),
    accessEntryOf: (clusterName, principalArn) => principalOf(fleet, clusterName, principalArn),
    mappedRolesOf: (clusterName) => fleet.awsAuth.get(clusterName),
    karpenterOf: (clusterName) => fleet.karpenter.get(clusterName),
    otherHostsOf: (clusterName) => otherHostsOf(file, fleet, clusterName),
    workloadsOf: (clusterName) => workloadsOf(file, clusterName),
    appliedTo: (clusterName) => {
      const {
        rbacApplied = false,
        rbacEvictions: evictions = false,
        rbacDrains: drains = false,
        rbacNodeClasses: nodeClasses = false,
      } = file.clusters.find(({ name }) => name === clusterName) ?? {};
      return rbacApplied ? rbacManifest({ evictions, drains, nodeClasses }) : [];
    },
    principalOf: (accessKeyId) => {
      const caller = lambda.callerOf(accessKeyId);
      const role = authorization.roles.find(({ logicalId }) => logicalId === caller?.roleLogicalId);
      if (caller === undefined || role === undefined) return undefined;
      return { caller, arn: role.arn, secretAccessKey: SECRET_ACCESS_KEY };
    },
    pulls: (instanceId, image) => {
      const instance = fleet.instances.get(instanceId);
      return instance === undefined || fleet.networks.reachesRegistry(instance, image);
    },
    onHostReached: (instanceId) => fleet.agents.installed(instanceId),
    execute,
    ...(onCall !== undefined && { onCall }),
  });
  cloudWatch.usage = vcpuUsage(fleet.vcpuQuotas, () => time.now);
  fleet.eks.evictPods = (clusterName, nodeName) => kubernetes.evictPods(clusterName, nodeName);
  fleet.eks.karpenterNodes = (clusterName) => kubernetes.karpenterNodes(clusterName);
  const network = new InMemoryNetwork(
    server.http,
    (host) => kubernetes.destination(host),
    (host) => !file.missingServices.some((service) => host.startsWith(`${service}.`)),
  );
  seedAlarms(cloudWatch.alarms, fleet, file);
  fleet.autoScalingGroups.alarmState = (name) => cloudWatch.alarms.state(name);
  const stack = await Stack.deploy(synthesized, services);
  stacks.push(stack);
  seedAccessEntries(fleet, file, (name) => lambda.functions.find(({ label }) => label === name)?.roleArn);
  if (policy !== undefined) {
    fleet.parameters.put({ Name: stack.ref('AWS::SSM::Parameter'), Value: policy, Overwrite: true });
  }
  return {
    world,
    time,
    fleet,
    stack,
    sqs,
    lambda,
    dynamoDb,
    logs,
    sns,
    deliveries,
    cloudWatch,
    services: callable,
    server,
    network,
    kubernetes,
    putEvent: (event) =>
      eventBridge.put(event.source.startsWith('aws.') ? DEFAULT_BUS : stack.ref('AWS::Events::EventBus'), event),
    invoke: async (nameOrArn, event) => {
      const name = lambda.functions.find(({ label }) => label === nameOrArn)?.name ?? nameOrArn;
      let outcome: InvocationOutcome | undefined;
      const ended = lambda.invoke(name, event).then((how) => {
        outcome = how;
      });
      while (outcome === undefined) await time.play(time.now + ANSWER_STEP_MS);
      await ended;
      return outcome;
    },
    play: (ms) => time.play(time.now + ms),
    onlineAgents: () =>
      fleet.agents.registered().flatMap(({ instance, pingStatus }) => (pingStatus === 'Online' ? instance.id : [])),
    snapshot: () => snapshotFleet(fleet),
  };
}
