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
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import type { Rating } from './urgency.ts';

/**
 * What an event claims about one finding on one instance. It only says where to look; decisions rest on what Inspector answers when
 * asked.
 */
export interface Claim extends Rating {
  readonly findingArn: string;
  readonly instanceId: string;
  /** Account of the instance, where the event names it. */
  readonly accountId?: string;
  /** The finding is neither closed nor suppressed. */
  readonly isOpen: boolean;
  /** Inspector knows no fix, so no AMI can contain one. */
  readonly hasNoFix: boolean;
  readonly trigger: MessageTrigger;
}

/** The targets of all messages of a batch. */
export interface Batch {
  /** Distinct findings, each once for each of its instances. */
  readonly claims: readonly Claim[];
  /** How many findings of instances the messages named, and how many of those repeated others. */
  readonly received: number;
  readonly duplicates: number;
  /** Node groups to reconcile, by subject. */
  readonly nodeGroups: ReadonlyMap<string, { readonly key: NodeGroupKey; readonly trigger: MessageTrigger }>;
  /** Set when the whole account is to be reconciled. */
  readonly account?: MessageTrigger;
}

type Target =
  | { readonly findings: ReadonlyArray<Omit<Claim, 'trigger'>> }
  | { readonly nodeGroup: NodeGroupKey | undefined };

const READERS: Readonly<Record<string, MessageReader<Target>>> = {
  [packageFinding.detailType]: messageReader<Target, packageFinding.InspectorPackageFinding>(
    packageFinding.schema,
    ({ detail }) => ({ findings: claimsOf(detail) }),
  ),
  [findingsReconcileRequest.detailType]: messageReader<Target, findingsReconcileRequest.FindingsReconcileRequest>(
    findingsReconcileRequest.schema,
    ({ detail: { clusterName: cluster, nodegroupName: nodegroup } }) => ({
      nodeGroup: cluster === undefined || nodegroup === undefined ? undefined : { cluster, nodegroup },
    }),
  ),
};

function claimsOf(detail: packageFinding.InspectorPackageFinding['detail']): Array<Omit<Claim, 'trigger'>> {
  const { findingArn, awsAccountId, severity, status, exploitAvailable, fixAvailable, epss } = detail;
  return packageFinding.instancesOf(detail).map((instanceId) => ({
    findingArn,
    ...(awsAccountId !== undefined && { accountId: awsAccountId }),
    instanceId,
    severity,
    exploitAvailable: exploitAvailable === 'YES',
    epss: epss?.score ?? 0,
    isOpen: status === 'ACTIVE',
    hasNoFix: fixAvailable === 'NO',
  }));
}

/** Reads a batch. Messages that name the same finding of the same instance in the same state yield one claim. */
export function readBatch(messages: readonly SQSRecord[]): { batch: Batch; malformed: Malformed[] } {
  const { requests, malformed } = readMessages(messages, READERS);
  const claims = new Map<string, Claim>();
  const nodeGroups: Map<string, { key: NodeGroupKey; trigger: MessageTrigger }> = new Map();
  let received = 0;
  let account: MessageTrigger | undefined;
  for (const { target, trigger } of requests) {
    if ('findings' in target) {
      received += target.findings.length;
      for (const claim of target.findings) {
        keepFirst(claims, `${claim.findingArn} ${claim.instanceId} ${claim.isOpen}`, { ...claim, trigger });
      }
    } else if (target.nodeGroup === undefined) account ??= trigger;
    else keepFirst(nodeGroups, subjectOf(target.nodeGroup), { key: target.nodeGroup, trigger });
  }
  const batch = { claims: [...claims.values()], received, duplicates: received - claims.size, nodeGroups };
  return { batch: account === undefined ? batch : { ...batch, account }, malformed };
}
