import { isSettled, NEEDS_SOMEBODY, STATE_NAMES, stateOf } from '../../functions/shared/records/current-state.ts';
import { didYouMean } from '../../functions/shared/text/did-you-mean.ts';
import { spanOf } from '../age.ts';
import type { Command, ExitCode, Surroundings } from '../command.ts';
import { type FleetNow, placeOf, readFleetNow, readTheirRecords } from '../fleet.ts';
import {
  groupCells,
  groupJson,
  HOST_HEADINGS,
  type HostImage,
  hostCells,
  hostJson,
  readHostImages,
} from '../host-images.ts';
import { type Line, show } from '../list.ts';
import { meantPlace } from '../meant-subject.ts';
import { type OtherNode, otherGroupCells, otherGroupJson, otherNodeJson, readOtherNodes } from '../other-nodes.ts';
import { listQuarantines } from '../quarantine-list.ts';
import { readScope, type Scope, withinScope } from '../scope.ts';
import { straysBeside } from '../strays.ts';
import { noteUnknown } from '../unknown-place.ts';
import { UsageError } from '../usage-error.ts';

const KINDS: Readonly<Record<string, (surroundings: Surroundings, scope: Scope) => Promise<ExitCode>>> = {
  nodegroups: getNodegroups,
  nodes: getNodes,
  quarantines: listQuarantines,
  findings: getFindings,
};

/** `get`: lists resources, like kubectl does. */
export const get: Command = {
  name: 'get',
  synopsis: 'KIND [CLUSTER[/NODEGROUP]]',
  summary: `lists ${Object.keys(KINDS).join(', ')}, each in its current state`,
  help: `KIND is one of

  nodegroups    groups with workers: state, reason, since when, how many workers they have and how many of those need you
  nodes         workers: state, reason, since when
  quarantines   workers in quarantine: since when, until when, each exposure
  findings      node groups with open Inspector findings, and what is done about them (posture shows the CIS benchmark)

-o wide adds who owns a node, when it was launched, its system, its AMI and the age of that, its state in its Auto
Scaling group, ids and messages; and nodes of Fargate and hybrid nodes, as watch-hosts has seen them last.`,
  options: {},
  read: ({ positionals: [kind, ...rest] }) => {
    const list = kindOf(kind);
    const scope = readScope(rest);
    return (surroundings) => list(surroundings, scope);
  },
};

function kindOf(kind: string | undefined) {
  const names = Object.keys(KINDS);
  if (kind === undefined) throw new UsageError(`KIND: missing; give one of ${names.join(', ')}`);
  const name = names.find((each) => each === kind || each === `${kind}s`);
  const list = name === undefined ? undefined : KINDS[name];
  if (list !== undefined) return list;
  throw new UsageError(`"${kind}": none of ${names.join(', ')}.${didYouMean(kind, names)}`);
}

/** The answer where a list of workers is empty. A cluster or node group that EKS does not have fails the command. */
async function showNone(surroundings: Surroundings, fleet: FleetNow, scope: Scope, none: string): Promise<ExitCode> {
  if (await noteUnknown(surroundings, async () => fleet, scope)) return 1;
  return show(surroundings, [[], []], [], none);
}

async function getNodegroups(surroundings: Surroundings, scope: Scope): Promise<ExitCode> {
  const fleet = await readFleetNow(surroundings);
  const { states, clusters } = fleet;
  const now = surroundings.clock.now();
  const groups = clusters.flatMap((cluster) => cluster.groups).filter((group) => withinScope(group, scope));
  const { nodes: otherNodes, unseen } = await otherNodesFor(surroundings, scope);
  for (const sentence of unseen) surroundings.note(sentence);
  if (groups.length + otherNodes.length === 0) return showNone(surroundings, fleet, scope, 'No group with workers.');
  const words = new Map(states.filter(({ instance }) => instance === '').map((word) => [placeOf(word), word]));
  const records = surroundings.wide ? await readTheirRecords(surroundings, [...words.values()]) : undefined;
  const images = await imagesFor(surroundings, fleet);
  const lines = groups.map(({ cluster, nodegroup, owner, tone, reason, workers }): Line => {
    const subject = placeOf({ cluster, nodegroup });
    const hosts = workers.flatMap(({ instance }) => images.get(instance) ?? []);
    const word = words.get(subject);
    const needing = workers.filter((worker) => NEEDS_SOMEBODY.has(worker.tone)).length;
    return {
      cells: [
        owner === undefined ? subject : `${subject} (${owner})`,
        STATE_NAMES[tone],
        `${workers.length}`,
        `${needing}`,
        word === undefined ? '' : spanOf(now - word.at),
        reason,
      ],
      more: [...groupCells(hosts, now), (word && records?.get(word.id)?.message) ?? ''],
      json: {
        cluster,
        nodegroup,
        state: tone,
        reason,
        ...(word !== undefined && { since: new Date(word.at).toISOString(), remediation: word.remediation }),
        workers: workers.length,
        needYou: needing,
        ...groupJson(hosts),
      },
    };
  });
  return show(
    surroundings,
    [
      ['NODEGROUP', 'STATE', 'WORKERS', 'NEED YOU', 'AGE', 'REASON'],
      [...HOST_HEADINGS, 'MESSAGE'],
    ],
    [...lines, ...otherGroupLines(otherNodes, now)],
  );
}

/** A line for the nodes of Fargate, and one for the hybrid nodes, of each cluster. */
const otherGroupLines = (nodes: readonly OtherNode[], now: number): Line[] =>
  [...Map.groupBy(nodes, ({ cluster, kind }) => `${cluster} (${kind})`)].flatMap(([name, same]) =>
    same.slice(0, 1).map(
      ({ cluster, kind, seenAt }): Line => ({
        cells: [name, '', `${same.length}`, '', '', ''],
        more: [...otherGroupCells(same, now), `Seen ${spanOf(now - seenAt)} ago.`],
        json: otherGroupJson(cluster, kind, same),
      }),
    ),
  );

/** The AMIs of the hosts. The narrow table does not show them, so AWS is called only when they are printed. */
const imagesFor = (
  { wide, json, clients, clock }: Surroundings,
  { workers }: FleetNow,
): Promise<Map<string, HostImage>> =>
  wide || json ? readHostImages(clients, workers, clock.now()) : Promise.resolve(new Map());

async function getNodes(surroundings: Surroundings, scope: Scope): Promise<ExitCode> {
  const fleet = await readFleetNow(surroundings);
  const { states, clusters, workers: instances } = fleet;
  const now = surroundings.clock.now();
  const groups = clusters.flatMap((cluster) => cluster.groups).filter((group) => withinScope(group, scope));
  const strays = straysBeside(fleet)
    .map((stray) => ({ ...stray, nodegroup: '' }))
    .filter((stray) => withinScope(stray, scope));
  const { nodes: otherNodes, unseen } = await otherNodesFor(surroundings, scope);
  for (const sentence of unseen) surroundings.note(sentence);
  if (groups.length + strays.length + otherNodes.length === 0)
    return showNone(surroundings, fleet, scope, 'There is no worker.');
  const words = new Map(states.filter(({ instance }) => instance !== '').map((word) => [word.instance, word]));
  const records = surroundings.wide ? await readTheirRecords(surroundings, [...words.values()]) : undefined;
  const images = await imagesFor(surroundings, fleet);
  const nodes = groups.flatMap(({ cluster, nodegroup, workers }) =>
    workers.map((worker) => ({ ...worker, cluster, nodegroup, joined: true })),
  );
  const others = strays.map((stray) => ({ ...stray, tone: 'quiet' as const, reason: '', joined: false }));
  const lines = [...nodes, ...others].map(({ instance, cluster, nodegroup, tone, reason, joined }): Line => {
    const word = words.get(instance);
    const { PrivateIpAddress: privateIp = '', InstanceType: type = '' } = instances.get(instance) ?? {};
    return {
      cells: [
        instance,
        placeOf({ cluster, nodegroup }),
        STATE_NAMES[tone],
        word === undefined ? '' : spanOf(now - word.at),
        reason,
      ],
      more: [
        ...hostCells(images.get(instance), now),
        images.get(instance)?.lifecycleState ?? '',
        type,
        privateIp,
        (word && records?.get(word.id)?.message) ?? '',
      ],
      json: {
        instance,
        cluster,
        nodegroup,
        state: tone,
        reason,
        ...(word !== undefined && { since: new Date(word.at).toISOString(), remediation: word.remediation }),
        instanceType: type,
        privateIp,
        ...hostJson(images.get(instance)),
        ...(!joined && { joined }),
      },
    };
  });
  return show(
    surroundings,
    [
      ['NODE', 'NODEGROUP', 'STATE', 'AGE', 'REASON'],
      [...HOST_HEADINGS, 'LIFECYCLE', 'TYPE', 'PRIVATE IP', 'MESSAGE'],
    ],
    [...lines, ...otherNodes.map((node) => otherLine(node, now))],
  );
}

/** Nodes that are no EC2 instances are no workers: the narrow table is without them. */
const otherNodesFor = (surroundings: Surroundings, scope: Scope): ReturnType<typeof readOtherNodes> =>
  surroundings.wide || surroundings.json
    ? readOtherNodes(surroundings, scope)
    : Promise.resolve({ nodes: [], unseen: [] });

function otherLine(node: OtherNode, now: number): Line {
  const { name, cluster, kind, createdAt, osImage, kubeletVersion, ready, seenAt } = node;
  const launched = createdAt === undefined ? '' : spanOf(now - createdAt);
  const seen = `${ready ? 'Ready' : 'Not ready'} with kubelet ${kubeletVersion}, seen ${spanOf(now - seenAt)} ago.`;
  return {
    cells: [name, cluster, '', '', ''],
    more: [kind, launched, osImage, '', '', '', '', '', seen],
    json: otherNodeJson(node),
  };
}

async function getFindings(surroundings: Surroundings, scope: Scope): Promise<0> {
  const now = surroundings.clock.now();
  const fleet = await readFleetNow(surroundings);
  const { words } = fleet;
  const open = words.filter(
    (word) => word.remediation === 'triage-findings' && !isSettled(word) && withinScope(word, scope),
  );
  const records = await readTheirRecords(surroundings, open);
  const lines = open
    .toSorted((a, b) => a.at - b.at)
    .map((word): Line => {
      const { message = '' } = records.get(word.id) ?? {};
      const since = new Date(word.at).toISOString();
      const { cluster, nodegroup, reason, id } = word;
      return {
        cells: [placeOf(word), STATE_NAMES[stateOf(word)], spanOf(now - word.at), message || reason],
        more: [id],
        json: { cluster, nodegroup, state: stateOf(word), reason, since, message },
      };
    });
  return show(
    surroundings,
    [['NODEGROUP', 'STATE', 'AGE', 'WHAT'], ['RECORD']],
    lines,
    `No finding is open, as far as triage-findings knows.${meantPlace(fleet, scope)}`,
  );
}
