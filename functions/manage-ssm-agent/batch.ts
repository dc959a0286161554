import type { SQSRecord } from 'aws-lambda';
import * as agentReconcileRequest from '../../events/agent-reconcile-request.ts';
import * as launch from '../../events/autoscaling-instance-launch.ts';
import * as running from '../../events/ec2-instance-running.ts';
import * as coverage from '../../events/inspector-coverage.ts';
import * as request from '../../events/remediation-request.ts';
import { type MessageReader, messageReader } from '../shared/intake/messages.ts';
import {
  readWorkerBatch,
  targetOfRequest,
  type WorkerScope,
  type WorkerTarget,
} from '../shared/intake/worker-batch.ts';
import { manageSsmAgent } from './remediation.ts';

export type Scope = WorkerScope;

const READERS: Readonly<Record<string, MessageReader<WorkerTarget>>> = {
  [running.detailType]: messageReader(running.schema, ({ detail }) => ({ instanceIds: [detail['instance-id']] })),
  [launch.detailType]: messageReader(launch.schema, ({ detail }) => ({ instanceIds: [detail.EC2InstanceId] })),
  [coverage.detailType]: messageReader(coverage.schema, ({ resources }) => ({ instanceIds: [resources[0]] })),
  [agentReconcileRequest.detailType]: messageReader(agentReconcileRequest.schema, ({ detail }) => detail),
  [request.detailType]: messageReader(request.schemaFor(manageSsmAgent), targetOfRequest),
};

export const readBatch = (messages: readonly SQSRecord[]) => readWorkerBatch(messages, READERS);
