import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { STSClient } from '@aws-sdk/client-sts';

/** The clients of an operator's commands, with the operator's own credentials. */
export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly logs: CloudWatchLogsClient;
  readonly eventBridge: EventBridgeClient;
  readonly sts: STSClient;
  readonly dynamoDb: DynamoDBClient;
}

/** What is said on the command line; all else (profile, credentials, endpoint) is found as the SDK finds it anywhere. */
export interface ClientChoice {
  readonly region?: string;
}

export const createClients = (choice: ClientChoice): Clients => ({
  cloudFormation: new CloudFormationClient(choice),
  logs: new CloudWatchLogsClient(choice),
  eventBridge: new EventBridgeClient(choice),
  sts: new STSClient(choice),
  dynamoDb: new DynamoDBClient(choice),
});
