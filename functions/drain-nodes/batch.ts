import type { SQSRecord } from 'aws-lambda';
import * as reconcileRequest from '../../events/drain-reconcile-request.ts';
import * as request from '../../events/remediation-request.ts';
import { groupTargetOf, groupTargetOfRequest, readGroupBatch } from '../shared/intake/group-batch.ts';
import { messageReader } from '../shared/intake/messages.ts';
import { drainNodes } from './remediation.ts';
import * as lifecycleAction from './terminate-lifecycle-action.ts';

const READERS = {
  [lifecycleAction.detailType]: messageReader(lifecycleAction.schema, ({ detail }) => ({
    group: detail.AutoScalingGroupName,
    instance: detail.EC2InstanceId,
  })),
  [reconcileRequest.detailType]: messageReader(reconcileRequest.schema, ({ detail }) =>
    groupTargetOf(detail.clusterName, detail.nodegroupName),
  ),
  [request.detailType]: messageReader(request.schemaFor(drainNodes), groupTargetOfRequest),
};

export const readBatch = (messages: readonly SQSRecord[]) => readGroupBatch(messages, READERS);
