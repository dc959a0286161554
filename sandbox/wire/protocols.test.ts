import {
  AutoScalingClient,
  DescribeAutoScalingGroups$,
  DescribeAutoScalingGroupsCommand,
  ResourceContentionFault,
  StartInstanceRefresh$,
  StartInstanceRefreshCommand,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstances$, DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeNodegroup$,
  DescribeNodegroupCommand,
  EKSClient,
  ListClusters$,
  ListClustersCommand,
  ResourceInUseException,
  UpdateNodegroupVersion$,
  UpdateNodegroupVersionCommand,
} from '@aws-sdk/client-eks';
import { Publish$, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  GetQueueUrl$,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SendMessageBatch$,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetParameters$, GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentity$, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { StaticOperationSchema } from '@smithy/types';
import { describe, expect, it } from 'vitest';
import type { Protocol, Service } from '../account/service.ts';
import { InMemoryNetwork } from '../lambda/in-memory-network.ts';
import { Random } from '../time/random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { AccountServer } from './account-server.ts';
import { AwsError } from './aws-error.ts';

const NOW = Date.parse('2026-01-05T10:00:00Z');

/** A service with one operation that remembers its input and returns `output`, and what a client needs to reach it. */
function serve(
  signingName: string,
  protocol: Protocol,
  schema: StaticOperationSchema,
  supports: string[],
  output: object | AwsError,
) {
  const inputs: unknown[] = [];
  const run = (input: unknown) => {
    inputs.push(input);
    if (output instanceof AwsError) throw output;
    return output;
  };
  const service: Service = {
    signingName,
    iamPrefix: signingName,
    protocol,
    ...(signingName === 'sqs' && { queryCompatible: true }),
    xmlNamespace: 'http://example.amazonaws.com/doc/',
    operations: { [schema[2]]: { schema, supports, run } },
  };
  const world = { time: new VirtualTime(NOW), random: new Random(1) };
  const server = new AccountServer({ services: [service], world, identify: () => ({ function: 'operator' }) });
  const { https } = new InMemoryNetwork(server.http).attach((effect) => effect());
  const config = {
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestHandler: { httpsAgent: new https.Agent({ keepAlive: true }) },
    maxAttempts: 1,
  };
  return { config, inputs };
}

describe('REST-JSON', () => {
  it('takes input from path labels and writes nested structures, maps and dates', async () => {
    const nodegroup = {
      nodegroupName: 'blue/green',
      labels: { 'a.b/c': 'd' },
      createdAt: new Date('2025-07-01T12:30:00.250Z'),
      scalingConfig: { minSize: 0, maxSize: 3 },
      subnets: ['subnet-1', 'subnet-2'],
      health: { issues: [] },
    };
    const supports = ['clusterName', 'nodegroupName'];
    const { config, inputs } = serve('eks', 'rest-json', DescribeNodegroup$, supports, { nodegroup });
    const input = { clusterName: 'prod', nodegroupName: 'blue/green %' };
    const answer = await new EKSClient(config).send(new DescribeNodegroupCommand(input));
    expect(inputs).toEqual([input]);
    expect(answer.nodegroup).toEqual(nodegroup);
    expect(answer.$metadata).toMatchObject({
      httpStatusCode: 200,
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('takes input from the query string, with its types', async () => {
    const { config, inputs } = serve('eks', 'rest-json', ListClusters$, ['maxResults', 'nextToken', 'include'], {
      clusters: ['a'],
    });
    const input = { maxResults: 7, nextToken: 'a+b/=', include: ['all', 'none'] };
    await new EKSClient(config).send(new ListClustersCommand(input));
    expect(inputs).toEqual([input]);
  });

  it('takes input from the body and answers errors with their class, status and members', async () => {
    const busy = new AwsError('ResourceInUseException', 'An update is in progress.', 400, { nodegroupName: 'blue' });
    const supports = ['clusterName', 'nodegroupName', 'version', 'force', 'clientRequestToken'];
    const { config, inputs } = serve('eks', 'rest-json', UpdateNodegroupVersion$, supports, busy);
    const input = {
      clusterName: 'prod',
      nodegroupName: 'blue',
      version: '1.33',
      force: false,
      clientRequestToken: 't',
    };
    const error = await new EKSClient(config).send(new UpdateNodegroupVersionCommand(input)).catch((e: unknown) => e);
    expect(inputs).toEqual([input]);
    expect(error).toBeInstanceOf(ResourceInUseException);
    expect(error).toMatchObject({
      message: 'An update is in progress.',
      nodegroupName: 'blue',
      $metadata: { httpStatusCode: 409 },
    });
  });
});

describe('EC2 query', () => {
  it('reads flattened filters and writes sets, dates and what XML must escape', async () => {
    const instance = {
      InstanceId: 'i-1',
      LaunchTime: new Date('2025-07-01T12:00:00Z'),
      EbsOptimized: false,
      Placement: { AvailabilityZone: 'eu-central-1a' },
      Tags: [{ Key: 'Name', Value: `<a & "b">` }],
      SecurityGroups: [],
    };
    const output = { Reservations: [{ OwnerId: '1', Instances: [instance] }], NextToken: 'more' };
    const supports = ['Filters', 'InstanceIds', 'MaxResults', 'IncludeManagedResources'];
    const { config, inputs } = serve('ec2', 'ec2-query', DescribeInstances$, supports, output);
    const input = {
      Filters: [
        { Name: 'tag:aws:eks:cluster-name', Values: ['prod', 'a b&c'] },
        { Name: 'instance-state-name', Values: ['running'] },
      ],
      MaxResults: 12,
      IncludeManagedResources: true,
    };
    const answer = await new EC2Client(config).send(new DescribeInstancesCommand(input));
    expect(inputs).toEqual([input]);
    expect(answer.Reservations).toEqual(output.Reservations);
    expect(answer.NextToken).toBe('more');
  });

  it('answers errors with their code', async () => {
    const unknown = new AwsError('InvalidInstanceID.NotFound', `The instance ID 'i-9' does not exist`);
    const { config } = serve('ec2', 'ec2-query', DescribeInstances$, ['InstanceIds'], unknown);
    const sent = new EC2Client(config).send(new DescribeInstancesCommand({ InstanceIds: ['i-9'] }));
    await expect(sent).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: `The instance ID 'i-9' does not exist`,
      $metadata: { requestId: expect.any(String) },
    });
  });
});

describe('query', () => {
  it('reads member lists and writes results', async () => {
    const output = {
      AutoScalingGroups: [
        {
          AutoScalingGroupName: 'eks-blue',
          MinSize: 0,
          MaxSize: 3,
          CreatedTime: new Date('2025-07-01T12:00:00.000Z'),
          Instances: [{ InstanceId: 'i-1', ProtectedFromScaleIn: false }],
          SuspendedProcesses: [],
        },
      ],
    };
    const supports = ['AutoScalingGroupNames', 'Filters'];
    const { config, inputs } = serve('autoscaling', 'query', DescribeAutoScalingGroups$, supports, output);
    const input = {
      AutoScalingGroupNames: ['eks-blue', 'eks-green'],
      Filters: [{ Name: 'tag:kubernetes.io/cluster/prod', Values: ['owned'] }],
    };
    const answer = await new AutoScalingClient(config).send(new DescribeAutoScalingGroupsCommand(input));
    expect(inputs).toEqual([input]);
    expect(answer.AutoScalingGroups).toEqual(output.AutoScalingGroups);
  });

  it('reads maps and blobs', async () => {
    const { config, inputs } = serve('sns', 'query', Publish$, ['TopicArn', 'Message', 'MessageAttributes'], {
      MessageId: 'm-1',
    });
    const input = {
      TopicArn: 'arn:aws:sns:eu-central-1:1:t',
      Message: 'é & ü',
      MessageAttributes: {
        decision: { DataType: 'String', StringValue: 'acted' },
        raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
      },
    };
    const answer = await new SNSClient(config).send(new PublishCommand(input));
    expect(inputs).toEqual([input]);
    expect(answer.MessageId).toBe('m-1');
  });

  it('reads an operation without input', async () => {
    const output = { Account: '123456789012', Arn: 'arn', UserId: 'u' };
    const { config, inputs } = serve('sts', 'query', GetCallerIdentity$, [], output);
    expect(await new STSClient(config).send(new GetCallerIdentityCommand({}))).toMatchObject(output);
    expect(inputs).toEqual([{}]);
  });

  it('answers modeled errors by the query code of their shape', async () => {
    const contention = new AwsError('ResourceContentionFault', 'Pending update.');
    const supports = ['AutoScalingGroupName'];
    const { config } = serve('autoscaling', 'query', StartInstanceRefresh$, supports, contention);
    const command = new StartInstanceRefreshCommand({ AutoScalingGroupName: 'eks-blue' });
    const error = await new AutoScalingClient(config).send(command).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ResourceContentionFault);
    expect(error).toMatchObject({ message: 'Pending update.', $metadata: { httpStatusCode: 500 } });
  });
});

describe('JSON 1.1', () => {
  it('reads and writes bodies', async () => {
    const output = {
      Parameters: [{ Name: '/a', Value: 'é', Version: 3, LastModifiedDate: new Date('2025-07-01T12:00:00.125Z') }],
      InvalidParameters: ['/b'],
    };
    const { config, inputs } = serve('ssm', 'json-1.1', GetParameters$, ['Names', 'WithDecryption'], output);
    const input = { Names: ['/a', '/b'], WithDecryption: true };
    const answer = await new SSMClient(config).send(new GetParametersCommand(input));
    expect(inputs).toEqual([input]);
    expect(answer).toMatchObject(output);
  });
});

describe('JSON 1.0', () => {
  const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/1/q';

  it('reads and writes bodies', async () => {
    const md5 = 'acbd18db4cc2f85cedef654fccc4a4d8';
    const output = { Successful: [{ Id: '1', MessageId: 'm', MD5OfMessageBody: md5 }], Failed: [] };
    const { config, inputs } = serve('sqs', 'json-1.0', SendMessageBatch$, ['QueueUrl', 'Entries'], output);
    const input = { QueueUrl: queueUrl, Entries: [{ Id: '1', MessageBody: 'foo', DelaySeconds: 5 }] };
    const answer = await new SQSClient(config).send(new SendMessageBatchCommand(input));
    expect(inputs).toEqual([input]);
    expect(answer).toMatchObject(output);
  });

  it('answers errors of once-query services by their class, and with the old code', async () => {
    const missing = new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    const { config } = serve('sqs', 'json-1.0', GetQueueUrl$, ['QueueName'], missing);
    const error = await new SQSClient(config).send(new GetQueueUrlCommand({ QueueName: 'q' })).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(QueueDoesNotExist);
    expect(error).toMatchObject({ Code: 'AWS.SimpleQueueService.NonExistentQueue' });
  });
});
