import type { SQSRecord } from 'aws-lambda';
import * as findingsReconcileRequest from '../../events/findings-reconcile-request.ts';
import * as packageFinding from '../../events/inspector-package-finding.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import {
  keepFirst,
  type MessageReader,
  type MessageTrigger,
  messageReader,
  readMessages,
} from '../shared/intake/messages.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import type { Rating } from './urgency.ts';

/** What an event says of one finding. It only says where to look: what counts is what Inspector says when it is asked. */
export interface Claim extends Rating {
  readonly findingArn: string;
  readonly instanceId: string;
  /** The account of the instance, where the event tells it. */
  readonly accountId?: string;
  /** Neither closed nor suppressed. */
  readonly isOpen: boolean;
  /** Inspector knows no fix, so no AMI can bring one. */
  readonly hasNoFix: boolean;
  readonly trigger: MessageTrigger;
}

/** What all messages of a batch are about. */
export interface Batch {
  /** Each finding once. */
  readonly claims: readonly Claim[];
  /** How many messages told of findings, and how many of those told what another one had told. */
  readonly received: number;
  readonly duplicates: number;
  /** Node groups to be looked at, by subject. */
  readonly nodeGroups: ReadonlyMap<string, { readonly key: NodeGroupKey; readonly trigger: MessageTrigger }>;
  /** The whole account is to be looked at. */
  readonly account?: MessageTrigger;
}

type Target = { readonly finding: Omit<Claim, 'trigger'> } | { readonly nodeGroup: NodeGroupKey | undefined };

const READERS: Readonly<Record<string, MessageReader<Target>>> = {
  [packageFinding.detailType]: messageReader<Target, packageFinding.InspectorPackageFinding>(
    packageFinding.schema,
    ({ detail }) => ({ finding: claimOf(detail) }),
  ),
  [findingsReconcileRequest.detailType]: messageReader<Target, findingsReconcileRequest.FindingsReconcileRequest>(
    findingsReconcileRequest.schema,
    ({ detail: { clusterName: cluster, nodegroupName: nodegroup } }) => ({
      nodeGroup: cluster === undefined || nodegroup === undefined ? undefined : { cluster, nodegroup },
    }),
  ),
};

function claimOf(detail: packageFinding.InspectorPackageFinding['detail']): Omit<Claim, 'trigger'> {
  const { findingArn, awsAccountId, severity, status, exploitAvailable, fixAvailable, epss } = detail;
  return {
    findingArn,
    ...(awsAccountId !== undefined && { accountId: awsAccountId }),
    instanceId: packageFinding.instanceOf(detail),
    severity,
    exploitAvailable: exploitAvailable === 'YES',
    epss: epss?.score ?? 0,
    isOpen: status === 'ACTIVE',
    hasNoFix: fixAvailable === 'NO',
  };
}

/** Reads a batch. The same finding in the same state, told ten times, is told once. */
export function readBatch(messages: readonly SQSRecord[]): { batch: Batch; malformed: Malformed[] } {
  const { requests, malformed } = readMessages(messages, READERS);
  const claims = new Map<string, Claim>();
  const nodeGroups: Map<string, { key: NodeGroupKey; trigger: MessageTrigger }> = new Map();
  let received = 0;
  let account: MessageTrigger | undefined;
  for (const { target, trigger } of requests) {
    if ('finding' in target) {
      received += 1;
      const { findingArn, isOpen } = target.finding;
      keepFirst(claims, `${findingArn} ${isOpen}`, { ...target.finding, trigger });
    } else if (target.nodeGroup === undefined) account ??= trigger;
    else keepFirst(nodeGroups, subjectOf(target.nodeGroup), { key: target.nodeGroup, trigger });
  }
  const batch = { claims: [...claims.values()], received, duplicates: received - claims.size, nodeGroups };
  return { batch: account === undefined ? batch : { ...batch, account }, malformed };
}
