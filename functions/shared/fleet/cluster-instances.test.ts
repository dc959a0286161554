import { DescribeInstancesCommand, DescribeTagsCommand, EC2Client, type Filter } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { ec2Account, nodeGroup } from '../../../sandbox/account/ec2/ec2.fixture.ts';
import { describeClusterInstances } from './cluster-instances.ts';
import { EXISTING, LIVE } from './instances.ts';

const BY_AWS = 'aws:eks:cluster-name';
const BY_KEY = 'kubernetes.io/cluster/c';
const GROUP = [nodeGroup({ desiredSize: 5 })];

/** The account, and the ids of all answers that it gives to DescribeInstances. */
function watched(...account: Parameters<typeof ec2Account>) {
  const { at, ec2, workers } = ec2Account(...account);
  const answered: string[] = [];
  ec2.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { Reservations = [] } = result.output as { Reservations?: Array<{ Instances: [{ InstanceId: string }] }> };
      answered.push(...Reservations.map(({ Instances: [{ InstanceId }] }) => InstanceId));
      return result;
    },
    { step: 'initialize' },
  );
  const found = async (states: Filter = LIVE) =>
    (await describeClusterInstances(ec2, ['c'], { states, operated: true })).map(({ InstanceId }) => InstanceId).sort();
  const all = () =>
    at.state.instances
      .list()
      .map(({ id }) => id)
      .sort();
  return { at, workers, answered, found, all };
}

describe('the instances of a cluster', () => {
  it('are described once each, whether both tags name their cluster or only one', async () => {
    const { workers, answered, found, all } = watched(GROUP);
    const [, onlyByAws, onlyByKey] = workers();
    onlyByAws!.tags.delete(BY_KEY);
    onlyByKey!.tags.delete(BY_AWS);
    expect(await found()).toEqual(all());
    expect(answered.sort()).toEqual(all());
  });

  it.each([
    ['both tags', []],
    ["AWS's own tag", [BY_KEY]],
    ['the other tag', [BY_AWS]],
  ])('are found in EKS Auto Mode by %s, though DescribeTags may hide them', async (_, without) => {
    const { at, found, all } = watched([], { autoMode: { instances: 2 } });
    for (const { tags } of at.state.instances.list()) {
      tags.set(BY_KEY, 'owned').set(BY_AWS, 'c');
      for (const key of without) tags.delete(key);
    }
    expect(all()).toHaveLength(2);
    expect(await found()).toEqual(all());
  });

  it('are left out in other states than the wanted ones, and where tags name another cluster', async () => {
    const { at, workers, found } = watched(GROUP);
    for (const { tags } of workers()) tags.delete(BY_KEY);
    const [stopped, terminated, another, ...own] = workers();
    stopped!.state = 'stopped';
    at.state.instances.terminate(terminated!, 0, () => {});
    another!.tags.set(BY_AWS, 'c2').set('kubernetes.io/cluster/c2', 'owned');
    const ids = own.map(({ id }) => id);
    expect(await found()).toEqual(ids.sort());
    expect(await found(EXISTING)).toEqual([stopped!.id, ...ids].sort());
  });
});

it('names of many clusters are asked for in calls that EC2 takes, both tags of each', async () => {
  const asked: Filter[][] = [];
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async (command: unknown) => {
    const isKnown = command instanceof DescribeInstancesCommand || command instanceof DescribeTagsCommand;
    if (!isKnown) throw new Error('another call is not expected');
    asked.push(command.input.Filters ?? []);
    return {};
  };
  const clusters = Array.from({ length: 400 }, (_, index) => `c-${index}`);
  await describeClusterInstances(ec2, clusters, { states: EXISTING, operated: true });
  // EC2 takes at most 200 filter values per call, over all filters (EC2 API reference, DescribeInstances).
  expect(Math.max(...asked.map((filters) => filters.flatMap(({ Values = [] }) => Values).length))).toBeLessThan(201);
  const valuesOf = (wanted: string) => asked.flat().flatMap(({ Name, Values = [] }) => (Name === wanted ? Values : []));
  expect(valuesOf('tag-key')).toEqual(clusters.map((name) => `kubernetes.io/cluster/${name}`));
  expect(valuesOf(`tag:${BY_AWS}`)).toEqual(clusters);
  expect(valuesOf('value')).toEqual(clusters);
});

it('no cluster costs no call', async () => {
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async () => {
    throw new Error('no call is expected');
  };
  expect(await describeClusterInstances(ec2, [], { states: LIVE, operated: true })).toEqual([]);
});
