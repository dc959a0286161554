import type { SQSRecord } from 'aws-lambda';
import * as amiRelease from '../../events/eks-ami-release.ts';
import * as upgradeHint from '../../events/upgrade-hint.ts';
import { pairKey } from '../shared/ami-type.ts';
import type { Malformed } from '../shared/dead-letter.ts';
import { type HintReader, hintReader, keepFirst, readMessages } from '../shared/hints.ts';
import { type NodeGroupKey, subjectOf } from '../shared/node-group-ledger.ts';
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

type Place = { readonly pair: string } | { readonly cluster: string; readonly nodegroup?: string | undefined };

const READERS: Readonly<Record<string, HintReader<Place>>> = {
  [amiRelease.detailType]: hintReader<Place, amiRelease.EksAmiRelease>(amiRelease.schema, ({ detail }) => ({
    pair: pairKey(detail),
  })),
  [upgradeHint.detailType]: hintReader<Place, upgradeHint.UpgradeHint>(upgradeHint.schema, ({ detail }) => ({
    cluster: detail.clusterName,
    nodegroup: detail.nodegroupName,
  })),
};

/** Reads a batch. Hints only say where to look, so ten of them about one place are one. */
export function readHints(messages: readonly SQSRecord[]): { scope: Scope; malformed: Malformed[] } {
  const { hints, malformed } = readMessages(messages, READERS);
  const scope: Scope = { pairs: new Map(), clusters: new Map(), nodeGroups: new Map() };
  for (const { place, trigger } of hints) {
    if ('pair' in place) {
      keepFirst(scope.pairs, place.pair, trigger);
      continue;
    }
    const { cluster, nodegroup } = place;
    if (nodegroup === undefined) keepFirst(scope.clusters, cluster, trigger);
    else keepFirst(scope.nodeGroups, subjectOf({ cluster, nodegroup }), { key: { cluster, nodegroup }, trigger });
  }
  return { scope, malformed };
}
