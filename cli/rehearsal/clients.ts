import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import type { RehearsalClients } from './ground.ts';

/** The configuration of all clients of a rehearsal. */
export type RehearsalConfig = Pick<EC2ClientConfig, 'region' | 'credentials' | 'requestHandler' | 'maxAttempts'>;

/** Creates the clients of a rehearsal. */
export const createRehearsalClients = (config: RehearsalConfig): RehearsalClients => ({
  sts: new STSClient(config),
  eks: new EKSClient(config),
  ec2: new EC2Client(config),
  autoScaling: new AutoScalingClient(config),
  iam: new IAMClient(config),
  ssm: new SSMClient(config),
  inspector: new Inspector2Client(config),
  scheduler: new SchedulerClient(config),
  securityHub: new SecurityHubClient(config),
});
