import type { Ledger } from '../shared/ledger/ledger.ts';
import { readOtherNodesSeen, saveOtherNodesSeen } from '../shared/ledger/other-nodes-ledger.ts';
import { NOTHING_TOLD, type Telling, tellOnce } from '../shared/ledger/tell-once.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import { decideFargate } from './decide-fargate.ts';
import { readOtherHostsTold, saveOtherHostsTold, type Told } from './hosts-ledger.ts';
import type { Observation } from './observe.ts';
import type { OtherNodes } from './observe-other-nodes.ts';
import { decideOtherHosts } from './other-hosts.ts';
import type { Reason } from './reasons.ts';
import type { Recorder } from './remediation.ts';

interface TellDeps {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly caller: string;
}

/** A question about a cluster, by which its records are told apart. */
type Question = 'other-hosts' | 'other-nodes' | 'fargate';

/** What ends the answer to a question, where it is not the decision itself. */
const OVER: Readonly<Record<Question, Reason>> = {
  'other-hosts': 'no-other-hosts',
  'other-nodes': 'other-nodes-read',
  fargate: 'fargate-well',
};
const QUESTIONS = Object.keys(OVER) as readonly Question[];

/**
 * Records which hosts of clusters AWS or their owner looks after, which clusters do not let these be seen, and what may
 * become of pods on Fargate.
 */
export async function tellOtherHosts(
  deps: TellDeps,
  trigger: Trigger,
  observation: Observation,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const known = await readOtherHostsTold(deps.ledger);
  const tellOf = async (cluster: string, question: Question): Promise<void> => {
    const decision = decideQuestion(observation, cluster, question);
    if (decision === undefined) return;
    const key = question === 'other-hosts' ? cluster : `${cluster}/${question}`;
    const incident = `${question.replace('-', ' ')} ${cluster}`;
    const about = { subject: { cluster }, trigger, incident, check: question };
    const before: Told = known.get(key) ?? NOTHING_TOLD;
    const save = (state: Told, writer: string) => saveOtherHostsTold(deps.ledger, key, state, deps.clock.now(), writer);
    await tellOnce(deps, before, about, decision, save);
  };
  const clusters = [
    ...observation.watched.map(({ name }) => name),
    ...[...known.keys()].map((key) => key.split('/')[0] ?? ''),
  ];
  for (const cluster of new Set(clusters))
    for (const question of QUESTIONS) await tellOf(cluster, question).catch(onTrouble);
}

/** @returns undefined while nobody knows */
function decideQuestion(
  { watched, unread, profiles, otherNodes }: Observation,
  cluster: string,
  question: Question,
): Telling<Reason> | undefined {
  if (unread.has(cluster)) return undefined;
  const described = watched.find(({ name }) => name === cluster);
  if (described === undefined) {
    const message = 'The cluster does not exist any more, or is left alone.';
    return { decision: 'done', reason: OVER[question], message, variant: 'over' };
  }
  if (question === 'other-hosts') return decideOtherHosts(described, profiles.get(cluster) ?? { kind: 'gone' });
  const nodes = otherNodes.get(cluster);
  if (nodes === undefined) return undefined;
  if (question === 'other-nodes') return decideAccess(nodes);
  return nodes.kind === 'unreadable' ? undefined : decideFargate(described.version ?? '', nodes);
}

function decideAccess(nodes: OtherNodes): Telling<Reason> {
  if (nodes.kind === 'found') {
    const message = 'The nodes of Fargate and the hybrid nodes of the cluster can be read, or it has none any more.';
    return { decision: 'done', reason: 'other-nodes-read', message, variant: '' };
  }
  const { why, variant } = nodes;
  const message = `Nodes of Fargate and hybrid nodes of the cluster are not seen. ${why}`;
  return { decision: 'skipped', reason: 'other-nodes-unread', message, variant };
}

/**
 * Remembers the nodes that are no EC2 instances, for whoever lists the fleet. Clusters that never had any are left out.
 */
export async function rememberOtherNodes(
  { ledger, clock }: Pick<TellDeps, 'ledger' | 'clock'>,
  { otherNodes }: Observation,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const known = await readOtherNodesSeen(ledger);
  for (const [cluster, reading] of otherNodes) {
    const seenAt = clock.now();
    const seen =
      reading.kind === 'found' ? { seenAt, nodes: [...reading.nodes] } : { seenAt, nodes: [], unseen: reading.why };
    const isSeen = seen.nodes.length > 0 || reading.kind === 'unreadable';
    if (isSeen || known.has(cluster)) await saveOtherNodesSeen(ledger, cluster, seen).catch(onTrouble);
  }
}
