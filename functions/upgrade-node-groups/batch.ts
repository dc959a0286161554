import type { SQSRecord } from 'aws-lambda';
import * as amiRelease from '../../events/eks-ami-release.ts';
import * as request from '../../events/remediation-request.ts';
import * as upgradeHint from '../../events/upgrade-reconcile-request.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import { type HintReader, hintReader, keepFirst, readMessages } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { pairKey } from '../shared/releases/ami-type.ts';

/** Where one look goes: the union of what all messages of a batch hint at, each with the first one that did. */
export interface Scope {
  /** By pair key: every node group of the pair, anywhere in the fleet. */
  readonly pairs: Map<string, Trigger>;
  /** By cluster name: its workers that belong to no managed node group. */
  readonly clusters: Map<string, Trigger>;
  /** By subject. */
  readonly nodeGroups: Map<string, { readonly key: NodeGroupKey; readonly trigger: Trigger }>;
  /** By subject: what an operator wants of it. */
  readonly requests: Map<string, OperatorRequest>;
}

type Place =
  | { readonly pair: string }
  | {
      readonly cluster: string;
      readonly nodegroup?: string | undefined;
      readonly request?: request.RemediationRequest;
    };

const READERS: Readonly<Record<string, HintReader<Place>>> = {
  [amiRelease.detailType]: hintReader<Place, amiRelease.EksAmiRelease>(amiRelease.schema, ({ detail }) => ({
    pair: pairKey(detail),
  })),
  [upgradeHint.detailType]: hintReader<Place, upgradeHint.UpgradeHint>(upgradeHint.schema, ({ detail }) => ({
    cluster: detail.clusterName,
    nodegroup: detail.nodegroupName,
  })),
  [request.detailType]: hintReader<Place, request.RemediationRequest>(
    request.schemaFor('upgrade-node-groups'),
    (event) => ({ cluster: event.detail.clusterName ?? '', nodegroup: event.detail.nodegroupName, request: event }),
  ),
};

/** What a batch asks for. */
export interface Batch {
  readonly scope: Scope;
  readonly malformed: readonly Malformed[];
  /** Further requests about the same subjects, each for a look of its own after this one. */
  readonly later: readonly SQSRecord[];
}

/** Reads a batch. Hints only say where to look, so ten of them about one place are one. */
export function readHints(messages: readonly SQSRecord[]): Batch {
  const { hints, malformed } = readMessages(messages, READERS);
  const scope: Scope = { pairs: new Map(), clusters: new Map(), nodeGroups: new Map(), requests: new Map() };
  const later: SQSRecord[] = [];
  for (const { place, trigger, message } of hints) {
    if ('pair' in place) {
      keepFirst(scope.pairs, place.pair, trigger);
      continue;
    }
    const { cluster, nodegroup, request: event } = place;
    if (nodegroup === undefined) keepFirst(scope.clusters, cluster, trigger);
    else keepFirst(scope.nodeGroups, subjectOf({ cluster, nodegroup }), { key: { cluster, nodegroup }, trigger });
    if (event === undefined || nodegroup === undefined) continue;
    const subject = subjectOf({ cluster, nodegroup });
    if (scope.requests.has(subject)) later.push(message);
    else scope.requests.set(subject, { event, trigger });
  }
  return { scope, malformed, later };
}
