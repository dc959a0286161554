import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { readAnsweringAgents } from '../../shared/fleet/answering-agents.ts';
import { readTemplateVersion, type TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import { type Reading, read } from '../../shared/fleet/reading.ts';
import { readSessions } from '../../shared/fleet/session-channels.ts';
import { type Followers, readFollowers } from '../../shared/fleet/template-followers.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { once } from '../../shared/runtime/once.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { type Agents, type KeyPairSeen, NOTHING_SEEN, type Preflight, reservationsFor } from '../model/preflight.ts';

interface Clients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
}

/**
 * Reads which key pair the launch templates name of node groups that would be upgraded now, by subject, and whether they
 * launch into capacity reservations only. A node group with its owner's launch template costs two calls. Where the template
 * names a key pair, one call for fifty nodes reads whose SSM agent answers, one or a few whether sessions reach them, and
 * one for a hundred Auto Scaling groups who else launches from the template.
 */
export async function observeKeyPairs(
  { autoScaling, ec2, ssm }: Clients,
  observations: readonly Observation[],
): Promise<Map<string, Preflight>> {
  const followersOnce = once(() => readFollowers(autoScaling));
  const read = async ({ key, view }: Observation): Promise<Array<[string, Preflight]>> => {
    if (view.kind !== 'node-group' || view.launchTemplate === undefined) return [];
    const { id, version } = view.launchTemplate;
    const template = view.custom?.template ?? (await readTemplateVersion(ec2, id, version));
    const keyPair = await seenOf(template, view, ssm, followersOnce);
    const reservations = template.kind === 'found' ? reservationsFor(view, template.found) : NOTHING_SEEN;
    return [[subjectOf(key), { ...reservations, ...(keyPair !== undefined && { keyPair }) }]];
  };
  return new Map((await pMap(observations, read, { concurrency: READ_CONCURRENCY })).flat());
}

async function seenOf(
  template: Reading<TemplateVersion>,
  { nodes }: NodeGroupView,
  ssm: SSMClient,
  followersOnce: () => Promise<Followers>,
): Promise<KeyPairSeen | undefined> {
  // EKS itself reports a template that is gone, as a health issue.
  if (template.kind === 'gone') return undefined;
  if (template.kind === 'unreadable') return { kind: 'unreadable', code: template.code };
  const { KeyName: keyName } = template.found.data;
  if (keyName === undefined) return undefined;
  const followers = await read(followersOnce, 'tell');
  if (followers.kind === 'unreadable') return { kind: 'unreadable', code: followers.code };
  const agents = await agentsOf(nodes, ssm);
  const others = followers.kind === 'found' ? followers.found(template.found.templateId) : [];
  return { kind: 'named', keyName, template: template.found, followers: others, agents };
}

/** Reads whose agent answers, and has a connection for sessions. A node whose id is not known counts as one that does not answer. */
async function agentsOf(nodes: NodeGroupView['nodes'], ssm: SSMClient): Promise<Agents> {
  if (nodes === undefined) return { kind: 'unreadable', code: 'its nodes' };
  const ids = nodes.map(({ instanceId = 'a node without id' }) => instanceId);
  const answering = await read(() => readAnsweringAgents(ssm, ids), 'tell');
  if (answering.kind === 'unreadable') return answering;
  const known = answering.kind === 'found' ? answering.found : new Map<string, string>();
  // The nodes of a group have the same role, VPC and security groups. The subnets of its zones may have other routes and
  // network ACLs: a session in one zone says nothing of another, whose new nodes would have no way in.
  const hosts = nodes.flatMap(({ instanceId: id = '', launchedAt = 0, zone = '' }) =>
    known.has(id) ? { id, alike: zone, launchedAt } : [],
  );
  const sessions = await readSessions(ssm, hosts);
  return { kind: 'read', nodes: ids.length, silent: ids.filter((id) => sessions.get(id) !== true) };
}
