import type { SQSRecord } from 'aws-lambda';
import * as amiRelease from '../../events/eks-ami-release.ts';
import * as upgradeHint from '../../events/upgrade-hint.ts';
import { pairKey } from '../shared/ami-type.ts';
import type { Malformed } from '../shared/dead-letter.ts';
import { type NodeGroupKey, subjectOf } from '../shared/node-group-ledger.ts';
import { describeIssue } from '../shared/policy.ts';
import type { Trigger } from '../shared/recorder.ts';

/** Where one look goes: the union of what all messages of a batch hint at, each with the first one that did. */
export interface Scope {
  /** By pair key: every node group of the pair, anywhere in the fleet. */
  readonly pairs: Map<string, Trigger>;
  /** By cluster name: its workers that belong to no managed node group. */
  readonly clusters: Map<string, Trigger>;
  /** By subject. */
  readonly nodeGroups: Map<string, { readonly key: NodeGroupKey; readonly trigger: Trigger }>;
}

/** Reads a batch. Hints only say where to look, so ten of them about one place are one. */
export function readHints(messages: readonly SQSRecord[]): { scope: Scope; malformed: Malformed[] } {
  const scope: Scope = { pairs: new Map(), clusters: new Map(), nodeGroups: new Map() };
  const malformed: Malformed[] = [];
  for (const message of messages) {
    const fault = addTo(scope, message.body);
    if (fault !== undefined) malformed.push({ message, fault });
  }
  return { scope, malformed };
}

/** Adds one message to the scope; answers what is wrong with it, if something is. */
function addTo(scope: Scope, body: string): string | undefined {
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    return 'the body is not JSON';
  }
  const detailType = typeof event === 'object' && event !== null && 'detail-type' in event && event['detail-type'];
  if (detailType === amiRelease.detailType) {
    const parsed = amiRelease.schema.safeParse(event);
    if (!parsed.success) return parsed.error.issues.map(describeIssue).join('; ');
    keepFirst(scope.pairs, pairKey(parsed.data.detail), triggerOf(parsed.data, detailType));
    return undefined;
  }
  if (detailType === upgradeHint.detailType) {
    const parsed = upgradeHint.schema.safeParse(event);
    if (!parsed.success) return parsed.error.issues.map(describeIssue).join('; ');
    const { clusterName: cluster, nodegroupName: nodegroup } = parsed.data.detail;
    const trigger = triggerOf(parsed.data, `${detailType} (${parsed.data.detail.trigger})`);
    if (nodegroup === undefined) keepFirst(scope.clusters, cluster, trigger);
    else keepFirst(scope.nodeGroups, subjectOf({ cluster, nodegroup }), { key: { cluster, nodegroup }, trigger });
    return undefined;
  }
  return `detail-type: must be "${amiRelease.detailType}" or "${upgradeHint.detailType}"`;
}

const triggerOf = (event: { id: string; time: string }, type: string): Trigger => ({
  id: event.id,
  type,
  time: Date.parse(event.time),
});

function keepFirst<Value>(map: Map<string, Value>, key: string, value: Value): void {
  if (!map.has(key)) map.set(key, value);
}
