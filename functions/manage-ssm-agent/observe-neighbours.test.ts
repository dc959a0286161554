import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { findNeighbours, type Known } from './observe-neighbours.ts';

const NOW = Date.UTC(2026, 6, 15);

const instance = (InstanceId: string, launchedBefore: number, SubnetId = 'subnet-1'): Instance => ({
  InstanceId,
  SubnetId,
  LaunchTime: new Date(NOW - launchedBefore),
});

/** The neighbour of a silent instance among the instances of these pages, and the agents that were asked. */
async function neighbourOf(
  silent: Instance,
  pages: readonly Instance[][],
  answering: ReadonlySet<string>,
  known: Known = { instances: [silent], agents: new Map() },
) {
  let reads = 0;
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async (command: unknown) => {
    if (!(command instanceof DescribeInstancesCommand)) throw new Error('only DescribeInstances is expected');
    reads += 1;
    const page = Number(command.input.NextToken ?? 0);
    const next = page + 1 < pages.length ? { NextToken: String(page + 1) } : {};
    return { Reservations: [{ Instances: pages[page] }], ...next };
  };
  const asked: string[] = [];
  const ssm = new SSMClient({ region: 'eu-central-1' });
  ssm.send = async (command: unknown) => {
    if (!(command instanceof DescribeInstanceInformationCommand)) throw new Error('only agents are expected');
    const ids = command.input.Filters?.[0]?.Values ?? [];
    asked.push(...ids);
    const found = ids.filter((id) => answering.has(id));
    const LastPingDateTime = new Date(NOW);
    return {
      InstanceInformationList: found.map((InstanceId) => ({ InstanceId, PingStatus: 'Online', LastPingDateTime })),
    };
  };
  const neighbours = await findNeighbours({ ec2, ssm }, [silent], known, NOW);
  return { neighbour: neighbours.get(silent.InstanceId ?? ''), asked, reads };
}

it('asks only the latest launched of a place, whichever page they are on', async () => {
  const silent = instance('i-silent', 0);
  const older = Array.from({ length: 60 }, (_, index) => instance(`i-older-${index}`, 1_000 + index));
  const newer = Array.from({ length: 30 }, (_, index) => instance(`i-newer-${index}`, 10 + index));
  const elsewhere = instance('i-elsewhere', 1, 'subnet-2');
  const { neighbour, asked } = await neighbourOf(
    silent,
    [older, [...newer, silent, elsewhere]],
    new Set(['i-older-19', 'i-older-20', 'i-elsewhere']),
  );
  expect(asked).toEqual([
    ...newer.map(({ InstanceId }) => InstanceId),
    ...older.slice(0, 20).map(({ InstanceId }) => InstanceId),
  ]);
  expect(neighbour).toBe('i-older-19');
});

it('finds none where no other instance answers', async () => {
  const silent = instance('i-silent', 0);
  const { neighbour } = await neighbourOf(silent, [[silent, instance('i-mute', 5)]], new Set(['i-silent']));
  expect(neighbour).toBeUndefined();
});

it.each([
  ['fifty that are silent for long', 50, 2 * 3_600_000, 0],
  ['fewer', 49, 2 * 3_600_000, 1],
  ['fifty that have just been launched', 50, 60_000, 1],
])('where %s are known in the place, the subnet is read or not', async (_, count, launchedBefore, reads) => {
  const silent = instance('i-silent', 0);
  const beside = Array.from({ length: count }, (_, index) => instance(`i-${index}`, launchedBefore));
  const known = { instances: [silent, ...beside], agents: new Map() };
  expect((await neighbourOf(silent, [[silent, ...beside]], new Set(), known)).reads).toBe(reads);
});

describe('a known worker of the place', () => {
  const silent = instance('i-silent', 0);
  const agentOf = (lastPingAt: number) => ({
    online: true,
    version: '3.3.40.0',
    latest: true,
    platform: '',
    lastPingAt,
  });
  const among = (beside: Instance, lastPingAt: number) =>
    neighbourOf(silent, [[silent, beside]], new Set(), {
      instances: [silent, beside],
      agents: new Map([[beside.InstanceId ?? '', agentOf(lastPingAt)]]),
    });

  it('whose agent answers is the neighbour, and no instance is read again', async () => {
    expect(await among(instance('i-beside', 5), NOW)).toEqual({ neighbour: 'i-beside', asked: [], reads: 0 });
  });

  it.each([
    ['whose agent has been silent for long', instance('i-beside', 5), NOW - 3_600_000, []],
    ['of another subnet', instance('i-beside', 5, 'subnet-2'), NOW, []],
  ])('%s is none: the subnet is read, and nobody is asked twice', async (_, beside, lastPingAt, asked) => {
    expect(await among(beside, lastPingAt)).toEqual({ neighbour: undefined, asked, reads: 1 });
  });
});
