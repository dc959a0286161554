import type { SQSRecord } from 'aws-lambda';
import * as refreshEvent from '../../events/autoscaling-instance-refresh.ts';
import * as reconcileRequest from '../../events/refresh-reconcile-request.ts';
import * as request from '../../events/remediation-request.ts';
import { type GroupTarget, groupTargetOf, groupTargetOfRequest, readGroupBatch } from '../shared/intake/group-batch.ts';
import { messageReader } from '../shared/intake/messages.ts';
import { refreshGroups } from './remediation.ts';

const ended = messageReader(refreshEvent.schema, ({ detail }): GroupTarget => ({ group: detail.AutoScalingGroupName }));

const READERS = {
  ...Object.fromEntries(refreshEvent.detailTypes.map((type) => [type, ended])),
  [reconcileRequest.detailType]: messageReader(reconcileRequest.schema, ({ detail }) =>
    groupTargetOf(detail.clusterName, detail.nodegroupName),
  ),
  [request.detailType]: messageReader(request.schemaFor(refreshGroups), groupTargetOfRequest),
};

export const readBatch = (messages: readonly SQSRecord[]) => readGroupBatch(messages, READERS);
