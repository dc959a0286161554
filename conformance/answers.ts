import type { Run } from '../sandbox/play.ts';

/**
 * The names and ids that a client of the account cannot find out by calls alone, in the format of
 * `botocore/answers.py`.
 */
export function placesOf({ account }: Run) {
  const { stack, world, fleet } = account;
  const inline = fleet.eks.nodeGroupsOf('inline')[0];
  const web = fleet.instances
    .list()
    .find(({ tags, state }) => state === 'running' && tags.get('eks:nodegroup-name') === 'six');
  return {
    account: world.accountId,
    region: world.region,
    now: new Date(world.time.now).toISOString(),
    cluster: 'private',
    nodegroup: 'six',
    otherNodegroup: 'web',
    instance: web?.id ?? '',
    instanceProfile: web?.instanceProfile ?? '',
    roleWithInlinePolicy: inline?.nodeRole.split('/').at(-1) ?? '',
    instanceWithScripts: fleet.instances.list().find(({ tags }) => tags.get('eks:cluster-name') === 'inline')?.id ?? '',
    stack: stack.name,
    bus: stack.ref('AWS::Events::EventBus'),
    table: stack.ref('AWS::DynamoDB::Table'),
    topic: stack.ref('AWS::SNS::Topic', 'AlarmsTopic'),
    logGroup: stack.ref('AWS::Logs::LogGroup', 'Logs6819BB44'),
    policy: stack.ref('AWS::SSM::Parameter'),
    fifo: stack.ref('AWS::SQS::Queue', 'UpgradeNodeGroupsQueue'),
    deadLetters: stack.ref('AWS::SQS::Queue', 'ManageSsmAgentDeadLetters'),
    queueArn: stack.attribute('AWS::SQS::Queue', 'ManageSsmAgentQueue', 'Arn'),
    schedulerRole: stack.attribute('AWS::IAM::Role', 'UpgradeNodeGroupsWakeUps', 'Arn'),
  };
}
