import type { SQSRecord } from 'aws-lambda';
import * as amiRelease from '../../events/eks-ami-release.ts';
import * as request from '../../events/remediation-request.ts';
import * as calendarOpened from '../../events/ssm-calendar-opened.ts';
import * as upgradeReconcileRequest from '../../events/upgrade-reconcile-request.ts';
import type { Malformed } from '../shared/intake/dead-letter.ts';
import { keepFirst, type MessageReader, messageReader, readMessages } from '../shared/intake/messages.ts';
import type { OperatorRequest } from '../shared/intake/operator-request.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { pairKey } from '../shared/releases/ami-type.ts';
import { upgradeNodeGroups } from './remediation.ts';

/** The targets of one reconcile: the union over all messages of a batch, each with the first message that named it. */
export interface Scope {
  /** The pairs of which every node group, anywhere in the fleet, is a target, by pair key. */
  readonly pairs: Map<string, Trigger>;
  /** The clusters whose workers outside of managed node groups are targets, by name. */
  readonly clusters: Map<string, Trigger>;
  /** The single node groups, by subject. */
  readonly nodeGroups: Map<string, { readonly key: NodeGroupKey; readonly trigger: Trigger }>;
  /** Operators' requests, by subject. */
  readonly requests: Map<string, OperatorRequest>;
  /** The change calendars that have opened: every node group that waits for one of them is a target. */
  readonly calendarsOpened?: OpenedCalendars;
}

/** Change calendars that have opened, with the first event that told of one. */
export interface OpenedCalendars {
  readonly trigger: Trigger;
  /** The ARNs of the calendars. */
  readonly arns: readonly string[];
}

type Target =
  | { readonly pair: string }
  | { readonly calendars: readonly string[] }
  | {
      readonly cluster: string;
      readonly nodegroup?: string | undefined;
      readonly request?: request.RemediationRequest;
    };

const READERS: Readonly<Record<string, MessageReader<Target>>> = {
  [amiRelease.detailType]: messageReader<Target, amiRelease.EksAmiRelease>(amiRelease.schema, ({ detail }) => ({
    pair: pairKey(detail),
  })),
  [upgradeReconcileRequest.detailType]: messageReader<Target, upgradeReconcileRequest.UpgradeReconcileRequest>(
    upgradeReconcileRequest.schema,
    ({ detail }) => ({
      cluster: detail.clusterName,
      nodegroup: detail.nodegroupName,
    }),
  ),
  [calendarOpened.detailType]: messageReader<Target, calendarOpened.CalendarOpened>(
    calendarOpened.schema,
    ({ resources }) => ({ calendars: resources }),
  ),
  [request.detailType]: messageReader<Target, request.RemediationRequest>(
    request.schemaFor(upgradeNodeGroups),
    (event) => ({ cluster: event.detail.clusterName ?? '', nodegroup: event.detail.nodegroupName, request: event }),
  ),
};

/** What a batch of messages asks for. */
export interface Batch {
  readonly scope: Scope;
  readonly malformed: readonly Malformed[];
  /** Further requests about the same subjects, each for a reconcile of its own after this one. */
  readonly later: readonly SQSRecord[];
}

/** Reads a batch. Reconcile requests only say where to look, so ten of them about one target count as one. */
export function readBatch(messages: readonly SQSRecord[]): Batch {
  const { requests, malformed } = readMessages(messages, READERS);
  const scope: Scope = { pairs: new Map(), clusters: new Map(), nodeGroups: new Map(), requests: new Map() };
  const later: SQSRecord[] = [];
  let opened: OpenedCalendars | undefined;
  for (const { target, trigger, message } of requests) {
    if ('pair' in target) {
      keepFirst(scope.pairs, target.pair, trigger);
      continue;
    }
    if ('calendars' in target) {
      opened = { trigger: opened?.trigger ?? trigger, arns: [...(opened?.arns ?? []), ...target.calendars] };
      continue;
    }
    const { cluster, nodegroup, request: event } = target;
    if (nodegroup === undefined) keepFirst(scope.clusters, cluster, trigger);
    else keepFirst(scope.nodeGroups, subjectOf({ cluster, nodegroup }), { key: { cluster, nodegroup }, trigger });
    if (event === undefined || nodegroup === undefined) continue;
    const subject = subjectOf({ cluster, nodegroup });
    if (scope.requests.has(subject)) later.push(message);
    else scope.requests.set(subject, { event, trigger });
  }
  return { scope: { ...scope, ...(opened !== undefined && { calendarsOpened: opened }) }, malformed, later };
}
