import type { SQSRecord } from 'aws-lambda';
import * as agentHint from '../../events/agent-hint.ts';
import * as launch from '../../events/autoscaling-instance-launch.ts';
import * as running from '../../events/ec2-instance-running.ts';
import * as coverage from '../../events/inspector-coverage.ts';
import type { Malformed } from '../shared/dead-letter.ts';
import { type HintReader, type HintTrigger, hintReader, keepFirst, readMessages } from '../shared/hints.ts';

/** Where one look goes: the union of what all messages of a batch hint at, each with the first one that did. */
export interface Scope {
  readonly instances: Map<string, HintTrigger>;
  /** All workers of these clusters. */
  readonly clusters: Map<string, HintTrigger>;
}

interface Place {
  readonly instanceIds?: readonly string[] | undefined;
  readonly clusterName?: string | undefined;
}

const READERS: Readonly<Record<string, HintReader<Place>>> = {
  [running.detailType]: hintReader(running.schema, ({ detail }) => ({ instanceIds: [detail['instance-id']] })),
  [launch.detailType]: hintReader(launch.schema, ({ detail }) => ({ instanceIds: [detail.EC2InstanceId] })),
  [coverage.detailType]: hintReader(coverage.schema, ({ resources }) => ({ instanceIds: [resources[0]] })),
  [agentHint.detailType]: hintReader(agentHint.schema, ({ detail }) => detail),
};

/** Reads a batch. Hints only say where to look, so ten of them about one worker are one. */
export function readHints(messages: readonly SQSRecord[]): { scope: Scope; malformed: Malformed[] } {
  const { hints, malformed } = readMessages(messages, READERS);
  const scope: Scope = { instances: new Map(), clusters: new Map() };
  for (const { place, trigger } of hints) {
    for (const instanceId of place.instanceIds ?? []) keepFirst(scope.instances, instanceId, trigger);
    if (place.clusterName !== undefined) keepFirst(scope.clusters, place.clusterName, trigger);
  }
  return { scope, malformed };
}
