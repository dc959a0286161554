import { describe, expect, it } from 'vitest';
import { type Behaviour, functionResources, HOUR, openQueue, servicesUnderTest } from './services-under-test.ts';

describe('a stack', () => {
  it('gives resources the names of the template, or names as CloudFormation makes them', async () => {
    const stack = await servicesUnderTest().deploy({
      Named: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'mine' } },
      Ordered: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        },
      },
    });
    expect(stack.ref('AWS::SQS::Queue', 'Named')).toBe('https://sqs.eu-central-1.amazonaws.com/111122223333/mine');
    expect(stack.attribute('AWS::SQS::Queue', 'Ordered', 'QueueName')).toMatch(
      /^test-stack-Ordered-[A-Z0-9]{12}\.fifo$/,
    );
    expect(stack.ref('AWS::DynamoDB::Table')).toMatch(/^test-stack-Table-[A-Z0-9]{12}$/);
    expect(() => stack.ref('AWS::SQS::Queue')).toThrow('2 resources');
  });

  it('makes functions with the environment and the bundle that the template gives them', async () => {
    const account = servicesUnderTest();
    const Environment = { Variables: { QUEUE: { Ref: 'Queue' } } };
    await account.deploy({
      ...functionResources('Worker', { Environment, Handler: 'index.handler' }),
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'mine' } },
    });
    expect(account.lambda.functions).toMatchObject([
      {
        label: 'Worker',
        bundle: '/assets/hash.zip/index.js',
        environment: { QUEUE: 'https://sqs.eu-central-1.amazonaws.com/111122223333/mine' },
        timeoutMs: 30_000,
        roleLogicalId: 'WorkerRole',
      },
    ]);
  });

  it('keeps the resolved policies of roles, inline and attached', async () => {
    const stack = await servicesUnderTest().deploy({
      ...functionResources('Worker'),
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'mine' } },
      Attached: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyName: 'attached',
          Roles: [{ Ref: 'WorkerRole' }],
          PolicyDocument: {
            Statement: { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: { 'Fn::GetAtt': ['Queue', 'Arn'] } },
          },
        },
      },
    });
    const policies = stack.policiesOf('WorkerRole');
    expect(policies.map(({ name }) => name)).toEqual(['rights', 'attached']);
    expect(policies[1]?.document.Statement[0]?.Resource).toEqual(['arn:aws:sqs:eu-central-1:111122223333:mine']);
    expect(() => stack.policiesOf('Nobody')).toThrow('Nobody');
  });

  it('puts parameters and gives outputs', async () => {
    const account = servicesUnderTest();
    const stack = await account.deploy(
      {
        Parameter: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/policy', Type: 'String', Value: '{}' } },
      },
      { Outputs: { Name: { Value: { Ref: 'Parameter' } } } },
    );
    expect(account.parameters).toMatchObject([{ Name: '/policy', Type: 'String', Value: '{}' }]);
    expect(stack.outputs).toEqual({ Name: '/policy' });
  });

  it('leaves out a resource whose condition does not hold', async () => {
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    const account = servicesUnderTest();
    await account.deploy({ Queue: { Type: 'AWS::SQS::Queue', Condition: 'Never' } }, { Conditions });
    expect(account.sqs.queues).toEqual([]);
  });

  it.each([
    ['an unknown type', { Bucket: { Type: 'AWS::S3::Bucket' } }, 'AWS::S3::Bucket, the type of Bucket'],
    ['an unknown property', { Queue: { Type: 'AWS::SQS::Queue', Properties: { Colour: 'red' } } }, /Queue.*Colour/],
    [
      'an input transformer',
      {
        Rule: {
          Type: 'AWS::Events::Rule',
          Properties: { EventPattern: { source: ['a'] }, Targets: [{ Id: 'a', Arn: 'b', InputTransformer: {} }] },
        },
      },
      /Rule.*InputTransformer/,
    ],
    ['a runtime other than Node.js', functionResources('Worker', { Runtime: 'python3.14' }), /Worker.*Runtime/],
    [
      'a function that may not write its log',
      functionResources('Worker', {}, [{ Effect: 'Deny', Action: 'logs:*', Resource: '*' }]),
      'logs:CreateLogStream',
    ],
    [
      'an ill-formed pattern',
      { Rule: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { source: 'a' } } } },
      'Event pattern is not valid',
    ],
  ])('refuses %s', async (_, resources, message) => {
    await expect(servicesUnderTest().deploy(resources)).rejects.toThrow(message);
  });
});

it('plays the same for the same seed, and otherwise for another one', async () => {
  const play = async (seed: number) => {
    const behave = ({ requestId }: { requestId: string }): Behaviour =>
      requestId < '8' ? { error: 'broken' } : { ms: 50 };
    const faultPlan = { duplicateEvents: true, deliveryDelayMs: 5_000, deliveryFailureRate: 0.3 };
    const account = servicesUnderTest({ seed, faultPlan, behave });
    await account.deploy({
      ...functionResources('Worker'),
      Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 60 } },
      Open: openQueue('Queue'),
      Rule: {
        Type: 'AWS::Events::Rule',
        Properties: {
          ScheduleExpression: 'rate(5 minutes)',
          Targets: [{ Id: 'a', Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
        },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, FunctionName: { Ref: 'Worker' } },
      },
    });
    await account.play(3 * HOUR);
    return JSON.stringify([account.invocations, account.logs.groups.map(({ events }) => events)]);
  };
  const first = await play(1);
  expect(await play(1)).toBe(first);
  expect(await play(2)).not.toBe(first);
});

describe('a stack in the rest of the account', () => {
  it('makes its roles known to IAM, with their path and policies', async () => {
    const account = servicesUnderTest();
    const trust = { Effect: 'Allow', Principal: { Service: 'ssm.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const grant = { Effect: 'Allow', Action: 'ssm:UpdateInstanceInformation', Resource: '*' };
    const stack = await account.deploy({
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: 'agents',
          Path: '/service-role/',
          AssumeRolePolicyDocument: { Statement: [trust] },
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy'],
        },
      },
      Rights: {
        Type: 'AWS::IAM::Policy',
        Properties: { PolicyName: 'rights', Roles: [{ Ref: 'Role' }], PolicyDocument: { Statement: [grant] } },
      },
    });
    const arn = 'arn:aws:iam::111122223333:role/service-role/agents';
    expect(stack.attribute('AWS::IAM::Role', 'Role', 'Arn')).toBe(arn);
    expect(account.iam.role('agents').arn).toBe(arn);
    expect(account.iam.allows('agents', 'ssm:UpdateInstanceInformation', '*')).toBe(true);
    expect(account.iam.allows('agents', 'ec2:DescribeVpcs', '*')).toBe(true);
    expect(account.iam.allows('agents', 'ec2:RunInstances', '*')).toBe(false);
  });

  it('adds access entries to clusters, or says which it can not', async () => {
    const Properties = { ClusterName: 'shop', PrincipalArn: 'arn:aws:iam::111122223333:role/r', Type: 'STANDARD' };
    const entry = { Type: 'AWS::EKS::AccessEntry', Properties: { ...Properties, KubernetesGroups: ['g'] } };
    const account = servicesUnderTest();
    await account.deploy({ Entry: entry });
    expect(account.accessEntries).toEqual([
      {
        clusterName: 'shop',
        principalArn: 'arn:aws:iam::111122223333:role/r',
        kubernetesGroups: ['g'],
        type: 'STANDARD',
        username: undefined,
      },
    ]);
    const withPolicies = { ...entry, Properties: { ...Properties, AccessPolicies: [] } };
    await expect(servicesUnderTest().deploy({ Entry: withPolicies })).rejects.toThrow(/Entry: .*AccessPolicies/);
  });
});
