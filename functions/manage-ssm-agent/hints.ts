import type { SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import * as agentHint from '../../events/agent-hint.ts';
import * as launch from '../../events/autoscaling-instance-launch.ts';
import * as running from '../../events/ec2-instance-running.ts';
import * as coverage from '../../events/inspector-coverage.ts';
import type { Malformed } from '../shared/dead-letter.ts';
import { describeIssue } from '../shared/policy.ts';
import type { Trigger } from '../shared/recorder.ts';

export interface AgentTrigger extends Trigger {
  /** The message has been delivered before: what it led to may or may not have been recorded. */
  readonly redelivered: boolean;
}

/** Where one look goes: the union of what all messages of a batch hint at, each with the first one that did. */
export interface Scope {
  readonly instances: Map<string, AgentTrigger>;
  /** All workers of these clusters. */
  readonly clusters: Map<string, AgentTrigger>;
}

/** What each event hints at. */
const READERS: Readonly<Record<string, (event: unknown) => Places>> = {
  [running.detailType]: reader(running.schema, ({ detail }) => ({ instanceIds: [detail['instance-id']] })),
  [launch.detailType]: reader(launch.schema, ({ detail }) => ({ instanceIds: [detail.EC2InstanceId] })),
  [coverage.detailType]: reader(coverage.schema, ({ resources }) => ({ instanceIds: [resources[0]] })),
  [agentHint.detailType]: reader(agentHint.schema, ({ detail }) => detail),
};

interface Place {
  readonly instanceIds?: readonly string[] | undefined;
  readonly clusterName?: string | undefined;
}
type Places = (Place & { readonly id: string; readonly time: string }) | { readonly fault: string };

function reader<Event extends { id: string; time: string }>(schema: z.ZodType<Event>, place: (event: Event) => Place) {
  return (json: unknown): Places => {
    const parsed = schema.safeParse(json);
    if (!parsed.success) return { fault: parsed.error.issues.map(describeIssue).join('; ') };
    return { ...place(parsed.data), id: parsed.data.id, time: parsed.data.time };
  };
}

/** Reads a batch. Hints only say where to look, so ten of them about one worker are one. */
export function readHints(messages: readonly SQSRecord[]): { scope: Scope; malformed: Malformed[] } {
  const scope: Scope = { instances: new Map(), clusters: new Map() };
  const malformed: Malformed[] = [];
  for (const message of messages) {
    const [type, places] = read(message.body);
    if ('fault' in places) {
      malformed.push({ message, fault: places.fault });
      continue;
    }
    const redelivered = message.attributes.ApproximateReceiveCount !== '1';
    const trigger = { id: places.id, type, time: Date.parse(places.time), redelivered };
    for (const instanceId of places.instanceIds ?? []) keepFirst(scope.instances, instanceId, trigger);
    if (places.clusterName !== undefined) keepFirst(scope.clusters, places.clusterName, trigger);
  }
  return { scope, malformed };
}

function read(body: string): [type: string, places: Places] {
  let event: unknown;
  try {
    event = JSON.parse(body);
  } catch {
    return ['', { fault: 'the body is not JSON' }];
  }
  const type = typeof event === 'object' && event !== null && 'detail-type' in event ? event['detail-type'] : undefined;
  const known = typeof type === 'string' && Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (known === undefined || typeof type !== 'string') {
    return ['', { fault: `detail-type: must be one of ${Object.keys(READERS).join(', ')}` }];
  }
  return [type, known(event)];
}

function keepFirst(map: Map<string, AgentTrigger>, key: string, trigger: AgentTrigger): void {
  if (!map.has(key)) map.set(key, trigger);
}
