import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';

/** The clients of an operator's commands, with the operator's own credentials. */
export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: CloudWatchClient;
  readonly logs: CloudWatchLogsClient;
  readonly eventBridge: EventBridgeClient;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
  readonly dynamoDb: DynamoDBClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly autoScaling: AutoScalingClient;
}

/** The command line sets at most the region. The SDK finds profile, credentials and endpoint as usual. */
export type ClientConfig = Pick<STSClientConfig, 'region' | 'credentials' | 'requestHandler' | 'maxAttempts'>;

export const createClients = (config: ClientConfig): Clients => ({
  cloudFormation: new CloudFormationClient(config),
  cloudWatch: new CloudWatchClient(config),
  logs: new CloudWatchLogsClient(config),
  eventBridge: new EventBridgeClient(config),
  ssm: new SSMClient(config),
  sts: new STSClient(config),
  dynamoDb: new DynamoDBClient(config),
  ec2: new EC2Client(config),
  eks: new EKSClient(config),
  autoScaling: new AutoScalingClient(config),
});
