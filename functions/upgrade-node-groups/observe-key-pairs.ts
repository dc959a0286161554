import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { readAnsweringAgents } from '../shared/fleet/answering-agents.ts';
import { readTemplateVersion, type TemplateVersion } from '../shared/fleet/launch-templates.ts';
import { type Reading, read } from '../shared/fleet/reading.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { NodeGroupView, Observation } from './observation.ts';
import { type Agents, type KeyPairSeen, NOTHING_SEEN, type Preflight } from './preflight.ts';

interface Clients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
}

/**
 * Reads which key pair the launch templates of node groups name that would be upgraded now, by subject: two calls for each
 * that has one of its owner's. Where it names a key pair, it is read whose SSM agent answers: one call for fifty nodes.
 */
export async function observeKeyPairs(
  { ec2, ssm }: Clients,
  observations: readonly Observation[],
): Promise<Map<string, Preflight>> {
  const read = async ({ key, view }: Observation): Promise<Array<[string, KeyPairSeen]>> => {
    if (view.kind !== 'node-group' || view.launchTemplate === undefined) return [];
    const { id, version } = view.launchTemplate;
    const template = view.custom?.template ?? (await readTemplateVersion(ec2, id, version));
    const seen = await seenOf(template, view, ssm);
    return seen === undefined ? [] : [[subjectOf(key), seen]];
  };
  const seen = await pMap(observations, read, { concurrency: READ_CONCURRENCY });
  return new Map(seen.flat().map(([subject, keyPair]) => [subject, { ...NOTHING_SEEN, keyPair }]));
}

async function seenOf(
  template: Reading<TemplateVersion>,
  { nodes }: NodeGroupView,
  ssm: SSMClient,
): Promise<KeyPairSeen | undefined> {
  // Of one that is gone EKS tells itself, as a health issue.
  if (template.kind === 'gone') return undefined;
  if (template.kind === 'unreadable') return { kind: 'unreadable', code: template.code };
  const { KeyName: keyName } = template.found.data;
  if (keyName === undefined) return undefined;
  return { kind: 'named', keyName, template: template.found, agents: await agentsOf(nodes, ssm) };
}

/** A node whose id is not known counts as one that does not answer. */
async function agentsOf(nodes: NodeGroupView['nodes'], ssm: SSMClient): Promise<Agents> {
  if (nodes === undefined) return { kind: 'unreadable', code: 'its nodes' };
  const ids = nodes.map(({ instanceId = 'a node without id' }) => instanceId);
  const answering = await read(() => readAnsweringAgents(ssm, ids), 'tell');
  if (answering.kind === 'unreadable') return answering;
  const known = answering.kind === 'found' ? answering.found : new Map<string, string>();
  return { kind: 'read', nodes: ids.length, silent: ids.filter((id) => !known.has(id)) };
}
