import { AutoScalingClient, type DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeNodegroupCommand, EKSClient } from '@aws-sdk/client-eks';
import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { NEW_FINDING_STATE } from '../shared/ledger/finding-ledger.ts';
import type { DueGroup } from './due-group.ts';
import { policyOf } from './observation.fixture.ts';
import { observeGroups } from './observe.ts';

const REGION = { region: 'eu-central-1' };
const trigger = { id: 'e-1', type: 'test', time: 0, redelivered: false };
const due = (nodegroup: string, ownership: DueGroup['ownership']): DueGroup => ({
  key: { cluster: 'shop', nodegroup },
  ownership,
  trigger,
  state: NEW_FINDING_STATE,
  instanceIds: [],
});

const namesAsked: string[] = [];

/** Clients of an account that has a node group, an Auto Scaling group and a node pool, without workers. */
function clients({
  autoScaling: error,
  nodeGroup,
  as = 'ThrottlingException',
  instances,
  nodeClasses = [],
}: {
  readonly autoScaling?: string;
  readonly nodeGroup?: string;
  readonly as?: string;
  readonly instances?: string;
  readonly nodeClasses?: readonly object[];
}) {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(REGION));
  documents.send = async (command: unknown) => {
    if (!(command instanceof QueryCommand)) return { Responses: { t: [] } };
    return { Items: command.input.ExpressionAttributeValues?.[':pk'] === 'node-class' ? nodeClasses : [] };
  };
  const [autoScaling, ec2, eks] = [new AutoScalingClient(REGION), new EC2Client(REGION), new EKSClient(REGION)];
  const [inspector, ssm] = [new Inspector2Client(REGION), new SSMClient(REGION)];
  autoScaling.send = async ({ input }: DescribeAutoScalingGroupsCommand) => {
    namesAsked.push(...(input.AutoScalingGroupNames ?? []));
    if (error !== undefined) throw ofAws(error);
    return { AutoScalingGroups: [{ AutoScalingGroupName: 'legacy', Tags: [] }] };
  };
  ec2.send = async (command: unknown) => {
    if (!(command instanceof DescribeInstancesCommand)) return { Images: [] };
    if (instances !== undefined) throw ofAws(instances);
    return { Reservations: [] };
  };
  eks.send = async (command: unknown) => {
    if (!(command instanceof DescribeNodegroupCommand)) return { cluster: { status: 'ACTIVE', version: '1.33' } };
    if (command.input.nodegroupName === nodeGroup) throw ofAws(as);
    const resources = { autoScalingGroups: [{ name: 'eks-web' }] };
    return { nodegroup: { status: 'ACTIVE', version: '1.33', amiType: 'CUSTOM', releaseVersion: 'ami-1', resources } };
  };
  ssm.send = async (command: unknown) => (command instanceof GetParametersCommand ? { Parameters: [] } : {});
  return { autoScaling, ec2, eks, inspector, ssm, ledger: { documents, table: 't' } };
}

const ofAws = (name: string): Error =>
  Object.assign(new Error('no'), { name, $fault: name === 'ServerException' ? 'server' : 'client', $metadata: {} });

async function seen(at: Parameters<typeof clients>[0], more: readonly DueGroup[] = []) {
  const groups = [
    due('web', 'managed'),
    due('other', 'managed'),
    due('self-managed:legacy', 'self-managed'),
    due('karpenter:default', 'karpenter'),
    ...more,
  ];
  const { observations, troubles } = await observeGroups(clients(at), groups, () => policyOf(), '111122223333');
  const views = observations.map(({ subject: { nodegroup }, view }) => `${nodegroup}: ${view.kind}`);
  return { views, troubles: troubles.map((each) => (each as Error).name) };
}

const ALL = [
  'web: node-group',
  'other: node-group',
  'self-managed:legacy: other-group',
  'karpenter:default: other-group',
];

it('observes groups of all kinds', async () => {
  expect(await seen({})).toEqual({ views: ALL, troubles: [] });
});

it('observes all others where Auto Scaling refuses to show groups, and says so of these', async () => {
  const views = ALL.with(2, 'self-managed:legacy: unreadable');
  expect(await seen({ autoScaling: 'AccessDenied' })).toEqual({ views, troubles: [] });
});

it('observes all others where Auto Scaling is throttled, and has its groups looked at again', async () => {
  const after = await seen({ autoScaling: 'Throttling' });
  expect(after).toEqual({ views: ALL.toSpliced(2, 1), troubles: ['Throttling'] });
});

it('says of groups what EC2 refuses to show of their workers: their messages were dead letters, and nobody told', async () => {
  const views = ALL.map((each) => each.replace(/: .*/, ': unreadable'));
  expect(await seen({ instances: 'UnauthorizedOperation' })).toEqual({ views, troubles: [] });
});

it('says of a group what fails again, and asks for no delivery after the last', async () => {
  const again = (isLastTry?: true) =>
    ALL.slice(0, 2).map((name) => {
      const group = due(name.split(':')[0] ?? '', 'managed');
      return { ...group, trigger: { ...trigger, redelivered: true, ...(isLastTry && { isLastTry }) } };
    });
  const seenOf = async (groups: DueGroup[]) => {
    const at = clients({ nodeGroup: 'web', as: 'ServerException' });
    const { observations, troubles } = await observeGroups(at, groups, () => policyOf(), '111122223333');
    return [observations.map(({ subject, view }) => `${subject.nodegroup}: ${view.kind}`), troubles.length];
  };
  const told = ['web: unreadable', 'other: node-group'];
  expect(await seenOf(again())).toEqual([told, 1]);
  expect(await seenOf(again(true))).toEqual([told, 0]);
});

it('observes all others where the ledger has an item about a node class that nobody can read', async () => {
  const after = await seen({ nodeClasses: [{ sk: 'shop/ec2nodeclass:default', outcomes: 'many' }] });
  expect(after).toEqual({ views: ALL.slice(0, 3), troubles: ['ZodError'] });
});

it('observes all others where EKS is throttled at one node group', async () => {
  expect(await seen({ nodeGroup: 'web' })).toEqual({ views: ALL.slice(1), troubles: ['ThrottlingException'] });
});

it('asks nobody about a group that cannot exist: AWS would refuse the whole call', async () => {
  namesAsked.length = 0;
  const names = [`self-managed:${'x'.repeat(256)}`, 'self-managed:', `karpenter:${'x'.repeat(64)}`, 'karpenter:a*'];
  const { views } = await seen(
    {},
    names.map((name) => due(name, name.startsWith('k') ? 'karpenter' : 'self-managed')),
  );
  const spaced = await seen({}, [due('a b', 'managed'), due('auto-mode:*', 'auto-mode')]);
  expect(spaced.views.slice(ALL.length)).toEqual(['a b: gone', 'auto-mode:*: gone']);
  expect(views).toEqual([...ALL, ...names.map((name) => `${name}: gone`)]);
  expect(new Set(namesAsked)).toEqual(new Set(['legacy']));
});
