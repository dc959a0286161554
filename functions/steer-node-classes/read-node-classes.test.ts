import { expect, it } from 'vitest';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import { readNodeClasses } from './read-node-classes.ts';

const ref = (name: string, group = 'karpenter.k8s.aws') => ({ group, kind: 'EC2NodeClass', name });
const aClass = (name: string, more: object = {}) => ({
  metadata: { name, resourceVersion: '1' },
  spec: { amiSelectorTerms: [{ alias: 'al2023@v20260601' }] },
  ...more,
});
const aPool = (name: string, nodeClass: string, more: object = {}) => ({
  metadata: { name },
  spec: { template: { spec: { nodeClassRef: ref(nodeClass) } } },
  ...more,
});
const aClaim = (name: string, nodeClass: string, more: object = {}) => ({
  metadata: { name, labels: { 'karpenter.sh/nodepool': 'general', 'karpenter.k8s.aws/ec2nodeclass': nodeClass } },
  spec: { nodeClassRef: ref(nodeClass) },
  status: { imageID: 'ami-1' },
  ...more,
});

function read(objects: { classes?: unknown[]; pools?: unknown[]; claims?: unknown[] }) {
  const { classes = [aClass('good'), aClass('other')], pools = [], claims = [] } = objects;
  const lists: Record<string, unknown[]> = { ec2nodeclasses: classes, nodepools: pools, nodeclaims: claims };
  const listCustomObjects: KubernetesClient['listCustomObjects'] = async ({ plural }) => lists[plural];
  return readNodeClasses({ listCustomObjects } as KubernetesClient);
}

it.each<[string, Parameters<typeof read>[0], string[], RegExp]>([
  [
    'a class',
    { classes: [aClass('good'), aClass('bad', { spec: { amiSelectorTerms: 'al2023' } })] },
    ['bad'],
    /EC2NodeClass bad: spec\.amiSelectorTerms/,
  ],
  [
    'a pool of a class',
    { pools: [aPool('p', 'other', { spec: { template: { spec: { nodeClassRef: ref('other'), expireAfter: 7 } } } })] },
    ['other'],
    /NodePool p: spec\.template\.spec\.expireAfter/,
  ],
  [
    'a claim of a class',
    { claims: [aClaim('c', 'other', { status: { imageID: 7 } })] },
    ['other'],
    /NodeClaim c: status\.imageID/,
  ],
  [
    'a pool whose name has a length that is no number, as a cluster without the schemas of Karpenter may serve it',
    {
      pools: [
        aPool('p', 'other', {
          spec: { template: { spec: { nodeClassRef: { group: { length: { toString: {} } } } } } },
        }),
      ],
    },
    ['good', 'other'],
    /NodePool without a name: : has a length that is no number/,
  ],
  [
    'a claim without a reference, whose label names a class',
    { claims: [aClaim('c', 'other', { spec: {} })] },
    ['other'],
    /NodeClaim c: spec\.nodeClassRef/,
  ],
  [
    'a claim that names no class at all: it may be of any',
    { claims: [{ metadata: { name: 'c' }, spec: {} }] },
    ['good', 'other'],
    /NodeClaim c/,
  ],
  ['something that is no object', { claims: [null] }, ['good', 'other'], /NodeClaim without a name/],
])('%s that is not as its kind has it counts against its class alone', async (_, objects, expected, why) => {
  const { classes, malformed } = await read(objects);
  expect([...malformed.keys()].toSorted()).toEqual(expected);
  expect(classes.map(({ name }) => name)).not.toEqual(expect.arrayContaining(expected));
  expect([...malformed.values()][0]).toMatch(why);
});

it('what other providers have is none of ours, whatever its form', async () => {
  const foreign = { metadata: { name: 'x' }, spec: { nodeClassRef: ref('default', 'eks.amazonaws.com') }, status: 7 };
  const { classes, malformed } = await read({ claims: [foreign] });
  expect([classes.length, malformed.size]).toEqual([2, 0]);
});

it('a class that is not ready and a pool whose nodes do not join are troubles of the class', async () => {
  const conditions = (type: string, status: string) => ({
    status: { conditions: [{ type, status, reason: 'Because' }] },
  });
  const { classes } = await read({
    classes: [aClass('good', conditions('Ready', 'False')), aClass('other', conditions('Ready', 'Unknown'))],
    pools: [aPool('p', 'good', conditions('NodeRegistrationHealthy', 'False')), aPool('q', 'other')],
  });
  expect(classes.map(({ troubles }) => troubles)).toEqual([
    ['the class is not ready (Because)', 'nodes of pool p do not join (Because)'],
    [],
  ]);
});

it.each([
  [{ nodes: '0' }, '0'],
  [{ nodes: '0%' }, '0%'],
  [{ nodes: '0', reasons: ['Underutilized', 'Drifted'] }, '0 Underutilized Drifted'],
  [{ nodes: '0', reasons: ['Underutilized', 'Empty'] }, undefined],
  [{ nodes: '0', schedule: '0 9 * * 1-5', duration: '8h' }, undefined],
  [{ nodes: '1%' }, undefined],
  [{ nodes: '10' }, undefined],
])('of the budgets, %o bars drift: %s', async (budget, expected) => {
  const { spec } = aPool('general', 'good');
  const pool = { ...aPool('general', 'good'), spec: { ...spec, disruption: { budgets: [{ nodes: '10%' }, budget] } } };
  const { classes } = await read({ pools: [pool] });
  expect(classes[0]?.pools.map(({ driftBarredBy }) => driftBarredBy)).toEqual([expected]);
});
