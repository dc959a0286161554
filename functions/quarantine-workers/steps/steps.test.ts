import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { expect, it } from 'vitest';
import { policySchema } from '../../policy-document.ts';
import { KubernetesAccessError } from '../../shared/kubernetes/access-error.ts';
import type { Isolation, KubernetesClient } from '../../shared/kubernetes/client.ts';
import { GROUPS, NOW, quarantine, worker } from '../model/observation.fixture.ts';
import type { Quarantine } from '../model/quarantine-ledger.ts';
import { stripAddresses } from './addresses.ts';
import { protectFromTermination } from './evidence.ts';
import { cordonNode } from './node.ts';
import { closeSecurityGroups } from './security-groups.ts';
import { takeOutOfService } from './standby.ts';
import type { StepSubject } from './step.ts';
import { tagWorker } from './tags.ts';
import { leaveTargetGroups } from './targets.ts';

type Answer = (operation: string, input: Readonly<Record<string, unknown>>) => object | Error;

/** What AWS says when it refuses a call. */
const refusal = (name: string) => Object.assign(new Error('because'), { name, $fault: 'client' });

/** A worker in quarantine, AWS as far as `answer` goes, and each call that was made: its operation and input. */
function subjectOf(
  answer: Answer,
  { policy = {}, ...rest }: Partial<Omit<StepSubject, 'policy'>> & { policy?: object },
) {
  const calls: Array<[operation: string, input: Readonly<Record<string, unknown>>]> = [];
  const answering = <Client extends { send: unknown }>(client: Client): Client => {
    client.send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: object }) => {
      const operation = name.replace(/Command$/, '');
      calls.push([operation, { ...input }]);
      const answered = answer(operation, { ...input });
      if (answered instanceof Error) throw answered;
      return { $metadata: {}, ...answered };
    };
    return client;
  };
  const region = 'eu-central-1';
  let saved: Quarantine = rest.quarantine ?? quarantine();
  const subject: StepSubject = {
    clients: {
      ec2: answering(new EC2Client({ region })),
      autoScaling: answering(new AutoScalingClient({ region })),
      loadBalancing: answering(new ElasticLoadBalancingV2Client({ region })),
      targetsOf: async () => [],
      openCluster: async () => ({ refused: 'no cluster here' }),
    },
    instanceId: 'i-1',
    view: worker(),
    quarantine: saved,
    now: NOW,
    save: async (change) => {
      saved = { ...saved, ...change };
      return saved;
    },
    note: () => undefined,
    ...rest,
    policy: policySchema('enforce').parse({ quarantine: policy }).quarantine,
  };
  return { subject, calls, saved: () => saved };
}

it('waits for a closed group that EC2 does not know yet, and gives the interface back what it had meanwhile', async () => {
  const { subject, calls } = subjectOf(
    (_, { Groups }) => (String(Groups) === GROUPS.closed ? refusal('InvalidGroup.NotFound') : {}),
    {},
  );
  expect(await closeSecurityGroups(subject)).toMatchObject({ step: 'security-groups', outcome: 'pending' });
  expect(calls.map(([, { Groups }]) => Groups)).toEqual([[GROUPS.untracking], [GROUPS.closed], ['sg-nodes']]);
});

it.each([
  ['OperationNotPermitted', 'failed'],
  ['InvalidGroup.NotFound', 'pending'],
  ['InternalError', 'pending'],
])('closes all interfaces but those of which EC2 says %s, and leaves none open to everybody', async (name, outcome) => {
  const ids = ['eni-1', 'eni-2', 'eni-3', 'eni-4', 'eni-5', 'eni-6', 'eni-7'];
  const interfaces = ids.map((id) => ({ ...worker().interfaces[0]!, id }));
  const now = new Map<string, string>();
  const { subject } = subjectOf(
    (_, { NetworkInterfaceId, Groups }) => {
      if (NetworkInterfaceId === 'eni-2' && String(Groups) === GROUPS.closed)
        return name === 'InternalError'
          ? Object.assign(new Error('because'), { name, $fault: 'server', $metadata: {} })
          : refusal(name);
      now.set(String(NetworkInterfaceId), String(Groups));
      return {};
    },
    { view: worker({ interfaces }) },
  );
  expect(await closeSecurityGroups(subject)).toMatchObject({ outcome });
  expect([...now].filter(([, groups]) => groups !== GROUPS.closed)).toEqual([['eni-2', 'sg-nodes']]);
});

it('takes off the other addresses of an interface where EC2 refuses one, or nobody knows its association', async () => {
  const address = { privateIp: '10.0.0.1', kind: 'elastic' as const };
  const interfaces = worker().interfaces.map((each) => ({
    ...each,
    addresses: [
      { ...address, publicIp: '198.51.100.1' },
      { ...address, publicIp: '198.51.100.2', associationId: 'eipassoc-2' },
      { ...address, publicIp: '198.51.100.3', associationId: 'eipassoc-3' },
    ],
  }));
  const { subject, calls } = subjectOf(
    (_, { AssociationId }) => (AssociationId === 'eipassoc-2' ? refusal('UnauthorizedOperation') : {}),
    { view: worker({ interfaces }) },
  );
  const [report] = await stripAddresses(subject);
  expect(report).toMatchObject({
    outcome: 'failed',
    note: expect.stringMatching(/198\.51\.100\.1 belongs .*198\.51\.100\.2: Unauth/),
  });
  expect(calls.map(([, input]) => input)).toEqual([{ AssociationId: 'eipassoc-2' }, { AssociationId: 'eipassoc-3' }]);
});

it('leaves the other target groups where one is refused', async () => {
  const held = quarantine();
  const targets = ['arn:one', 'arn:two'].map((targetGroupArn) => ({ targetGroupArn, id: 'i-1', port: 80 }));
  const { subject, calls } = subjectOf(
    (operation, { TargetGroupArn }) =>
      operation === 'DeregisterTargets' && TargetGroupArn === 'arn:one'
        ? refusal('AccessDenied')
        : { TargetHealthDescriptions: [{ TargetHealth: { State: 'healthy' } }] },
    { quarantine: { ...held, saved: { ...held.saved, targets } } },
  );
  expect(await leaveTargetGroups(subject)).toMatchObject({ outcome: 'failed', note: 'arn:one: AccessDenied: because' });
  expect(calls.filter(([name]) => name === 'DeregisterTargets')).toHaveLength(2);
});

it('leaves a target group of whose targets nothing is shown', async () => {
  const held = quarantine();
  const targets = [{ targetGroupArn: 'arn:one', id: 'i-1', port: 80 }];
  const { subject, calls } = subjectOf(() => ({}), { quarantine: { ...held, saved: { ...held.saved, targets } } });
  expect(await leaveTargetGroups(subject)).toMatchObject({ outcome: 'done' });
  expect(calls.map(([name]) => name)).toEqual(['DescribeTargetHealth', 'DeregisterTargets']);
});

it('takes off what it can, and waits for an address that EC2 shows to one of two reads', async () => {
  const address = { privateIp: '10.0.0.1', kind: 'elastic' as const };
  const interfaces = worker().interfaces.map((each) => ({
    ...each,
    addresses: [
      { ...address, publicIp: '198.51.100.1', unconfirmed: true as const },
      { ...address, publicIp: '198.51.100.2', associationId: 'eipassoc-2' },
    ],
  }));
  const { subject, calls } = subjectOf(() => ({}), { view: worker({ interfaces }) });
  const [report] = await stripAddresses(subject);
  expect(report).toMatchObject({ outcome: 'pending', note: expect.stringContaining('198.51.100.1') });
  expect(calls).toEqual([['DisassociateAddress', { AssociationId: 'eipassoc-2' }]]);
});

it.each([
  'InvalidInstanceID.NotFound',
  'InvalidGroup.Duplicate',
  'ConcurrentTagAccess',
  'SnapshotCreationPerVolumeRateExceeded',
])('waits where EC2 says %s', async (name) => {
  expect((await tagWorker(subjectOf(() => refusal(name), {}).subject)).outcome).toBe('pending');
});

it('fails by what EC2 refuses for good', async () => {
  const { subject } = subjectOf(() => refusal('UnauthorizedOperation'), {});
  expect(await tagWorker(subject)).toMatchObject({ outcome: 'failed', note: 'UnauthorizedOperation: because' });
});

it('writes the one tag by which the worker is known where its tags leave no room for more', async () => {
  const { subject, calls } = subjectOf(
    (_, { Tags }) => (Array.isArray(Tags) && Tags.length > 1 ? refusal('TagLimitExceeded') : {}),
    {},
  );
  expect((await tagWorker(subject)).outcome).toBe('done');
  expect(calls.at(-1)?.[1].Tags).toEqual([{ Key: 'eks-host-remediator:quarantine', Value: expect.any(String) }]);
});

it('asks for no protection of a Spot instance, which EC2 refuses', async () => {
  const { subject, calls } = subjectOf(() => refusal('UnsupportedOperation'), {
    view: worker({ spot: true }),
    policy: { terminationProtection: true },
  });
  expect((await protectFromTermination(subject)).outcome).toBe('skipped');
  expect(calls).toEqual([]);
});

it.each([
  ['standby', 'EnterStandby'],
  ['detach', 'DetachInstances'],
])('takes the worker out of service by %s, as the policy says', async (outOfService, expected) => {
  const { subject, calls, saved } = subjectOf(
    (operation) =>
      operation === 'DescribeAutoScalingInstances' ? { AutoScalingInstances: [{ LifecycleState: 'InService' }] } : {},
    {
      policy: { outOfService },
      quarantine: quarantine({ saved: { ...quarantine().saved, autoScalingGroup: 'asg' } }),
    },
  );
  expect((await takeOutOfService(subject)).outcome).toBe('done');
  expect(calls.find(([operation]) => !operation.startsWith('Describe'))).toEqual([
    expected,
    { InstanceIds: ['i-1'], AutoScalingGroupName: 'asg', ShouldDecrementDesiredCapacity: false },
  ]);
  expect(saved().saved.detached).toBe(outOfService === 'detach' ? true : undefined);
});

it.each([
  ['standby', 'The instance i-1 is not in InService.', 'pending'],
  ['detach', 'The instance i-1 is not part of Auto Scaling group asg.', 'pending'],
  ['standby', 'Group asg is being deleted', 'failed'],
])('takes "%s", refused with "%s" while a read shows it in service, for %s', async (outOfService, message, outcome) => {
  const refused = Object.assign(new Error(message), { name: 'ValidationError', $fault: 'client' });
  const answer: Answer = (operation) =>
    operation === 'DescribeAutoScalingInstances'
      ? { AutoScalingInstances: [{ LifecycleState: 'InService' }] }
      : refused;
  const inGroup = { ...quarantine().saved, autoScalingGroup: 'asg' };
  const recent = quarantine({ saved: inGroup, startedAt: NOW - 5_000 });
  const begun = subjectOf(answer, { policy: { outOfService }, quarantine: recent });
  expect((await takeOutOfService(begun.subject)).outcome).toBe(outcome);
  const old = quarantine({ saved: inGroup, startedAt: NOW - 16 * 60_000 });
  expect(
    (await takeOutOfService(subjectOf(answer, { policy: { outOfService }, quarantine: old }).subject)).outcome,
  ).toBe('failed');
});

it('tells where a suspended process keeps the group from replacing the worker', async () => {
  const { subject } = subjectOf(
    (operation) =>
      operation === 'DescribeAutoScalingGroups'
        ? { AutoScalingGroups: [{ SuspendedProcesses: [{ ProcessName: 'Launch' }] }] }
        : { AutoScalingInstances: [{ LifecycleState: 'Standby' }] },
    { quarantine: quarantine({ saved: { ...quarantine().saved, autoScalingGroup: 'asg' } }) },
  );
  expect((await takeOutOfService(subject)).note).toMatch(/process Launch of asg is suspended/);
});

it('marks the node so that neither Karpenter nor the Cluster Autoscaler takes it away', async () => {
  const isolations: Isolation[] = [];
  const node = { name: 'n', unschedulable: false, taints: [], labels: {}, annotations: {} };
  const cluster: Partial<KubernetesClient> = {
    findNode: async () => node as never,
    isolateNode: async (_name, isolation) => {
      isolations.push(isolation);
      return 'changed';
    },
  };
  const { subject } = subjectOf(() => ({}), {});
  const clients = { ...subject.clients, openCluster: async () => cluster as KubernetesClient };
  expect((await cordonNode({ ...subject, clients })).outcome).toBe('done');
  expect(isolations).toMatchObject([
    {
      annotations: {
        'karpenter.sh/do-not-disrupt': 'true',
        'cluster-autoscaler.kubernetes.io/scale-down-disabled': 'true',
      },
    },
  ]);
});

it.each([
  ['failed', 0, 'pending'],
  ['throttled', 2, 'pending'],
  ['failed', 4, 'skipped'],
  ['unreachable', 0, 'skipped'],
  ['forbidden', 0, 'skipped'],
] as const)(
  'a node is marked later where its cluster cannot do that just now: %s after %i minutes is %s',
  async (problem, minutes, outcome) => {
    const cluster: Partial<KubernetesClient> = {
      findNode: async () => {
        throw new KubernetesAccessError(problem, 'why');
      },
    };
    const { subject } = subjectOf(() => ({}), { quarantine: quarantine({ startedAt: NOW - minutes * 60_000 }) });
    const clients = { ...subject.clients, openCluster: async () => cluster as KubernetesClient };
    expect(await cordonNode({ ...subject, clients })).toEqual({ step: 'node', outcome, note: 'why' });
  },
);
