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
  const listCustomObjects: KubernetesClient['listCustomObjects'] = async ({ plural }, described) =>
    lists[plural]?.map(described);
  return readNodeClasses({ listCustomObjects } as KubernetesClient);
}

it('tells a cluster without the kinds of Karpenter from one without any objects of them', async () => {
  const none: KubernetesClient['listCustomObjects'] = async () => undefined;
  expect(await readNodeClasses({ listCustomObjects: none } as KubernetesClient)).toMatchObject({ hasKinds: false });
  expect(await read({ classes: [] })).toMatchObject({ hasKinds: true, classes: [] });
});

it.each([
  ['NodeClaims', ['ec2nodeclasses', 'nodepools'], /no NodeClaims of v1: nobody can tell/],
  ['NodePools', ['ec2nodeclasses', 'nodeclaims'], /no NodePools of v1: nobody can tell/],
  ['both', ['ec2nodeclasses'], /no NodePools and NodeClaims of v1: nobody can tell/],
])('judges no class whose nodes nobody can tell, as the cluster does not serve %s', async (_what, served, why) => {
  const listCustomObjects: KubernetesClient['listCustomObjects'] = async ({ plural }, described) =>
    served.includes(plural) ? [aClass('good')].slice(plural === 'ec2nodeclasses' ? 0 : 1).map(described) : undefined;
  await expect(readNodeClasses({ listCustomObjects } as KubernetesClient)).rejects.toThrow(why);
});

async function readFew(objects: Parameters<typeof read>[0]) {
  const found = await read(objects);
  if (typeof found === 'string') throw new Error(found);
  return found;
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
  const { classes, malformed } = await readFew(objects);
  expect([...malformed.keys()].toSorted()).toEqual(expected);
  expect(classes.map(({ name }) => name)).not.toEqual(expect.arrayContaining(expected));
  expect([...malformed.values()][0]).toMatch(why);
});

it('what other providers have is none of ours, whatever its form', async () => {
  const foreign = { metadata: { name: 'x' }, spec: { nodeClassRef: ref('default', 'eks.amazonaws.com') }, status: 7 };
  const { classes, malformed } = await readFew({ claims: [foreign] });
  expect([classes.length, malformed.size]).toEqual([2, 0]);
});

it('a class that is not ready and a pool whose nodes do not join are troubles of the class', async () => {
  const conditions = (type: string, status: string) => ({
    status: { conditions: [{ type, status, reason: 'Because' }] },
  });
  const { classes } = await readFew({
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
  const { classes } = await readFew({ pools: [pool] });
  expect(classes[0]?.pools.map(({ driftBarredBy }) => driftBarredBy)).toEqual([expected]);
});

it.each<[object, string | undefined]>([
  [{ replicas: 3, limits: { nodes: '3' } }, 'limits.nodes 3 of 3 replicas'],
  [{ replicas: 3, limits: { nodes: 4 } }, undefined],
  [{ replicas: 3 }, undefined],
  [{ limits: { nodes: 3, cpu: '10' } }, undefined],
  [{ replicas: 3, limits: { nodes: 'three' } }, undefined],
])('a static pool without room for one more node bars drift: %o', async (static_, expected) => {
  const { spec, ...pool } = aPool('general', 'good');
  const { classes, malformed } = await readFew({ pools: [{ ...pool, spec: { ...spec, ...static_ } }] });
  expect([classes[0]?.pools.map(({ driftBarredBy }) => driftBarredBy), malformed.size]).toEqual([[expected], 0]);
});

it.each<[object[] | undefined, string | undefined]>([
  [undefined, undefined],
  [[{ nodes: '10%' }, { nodes: '0', schedule: '0 9 * * 1-5', duration: '8h' }], undefined],
  [[{ nodes: '20%', reasons: ['Drifted'], schedule: '0 7 * * *', duration: '6h' }], 'outside of schedules'],
  [[{ nodes: '10%', reasons: ['Underutilized', 'Empty'] }], 'always'],
  [[{ nodes: '100%' }], 'always'],
  [[], 'always'],
])('of the budgets %o none bounds drift: %s', async (budgets, expected) => {
  const { spec, ...pool } = aPool('general', 'good');
  const disruption = budgets && { disruption: { budgets } };
  const { classes } = await readFew({ pools: [{ ...pool, spec: { ...spec, ...disruption } }] });
  expect(classes[0]?.pools.map(({ driftUnbounded }) => driftUnbounded)).toEqual([expected]);
});

it('how long pods hold up a node of a pool is read, and is no fault where it is odd', async () => {
  const { spec, ...pool } = aPool('general', 'good');
  const after = async (terminationGracePeriod: unknown) => {
    const template = { spec: { ...spec.template.spec, terminationGracePeriod } };
    const { classes, malformed } = await readFew({ pools: [{ ...pool, spec: { ...spec, template } }] });
    return [classes[0]?.pools[0]?.podsEndAfter, malformed.size];
  };
  expect(await after('48h')).toEqual(['48h', 0]);
  expect(await after(7)).toEqual([undefined, 0]);
});

it('a name that Kubernetes does not allow names no class: it would stand in a patch to commit', async () => {
  const { classes, malformed } = await readFew({ classes: [aClass('good'), aClass('bad\n  labels: {}')] });
  expect(classes).toEqual([]);
  expect([...malformed]).toEqual([['good', expect.stringMatching(/^EC2NodeClass without a name: metadata\.name/)]]);
});

it('classes without end are told of once, and none is remembered', async () => {
  const classes = Array.from({ length: 501 }, (_, index) => aClass(`c${index}`));
  expect(await read({ classes })).toBe('The cluster has more than 500 node classes.');
  const autoMode = { spec: { template: { spec: { nodeClassRef: ref('x', 'eks.amazonaws.com') } } } };
  expect(await read({ classes: classes.slice(1), pools: [aPool('p', 'x', autoMode)] })).toBe(
    'The cluster has more than 500 node classes.',
  );
});

it.each([
  ['AMI terms', { spec: { amiSelectorTerms: [{ alias: 'al2023@v20260601', name: 'x'.repeat(20_000) }] } }],
  ['AMIs', { status: { amis: Array.from({ length: 1_001 }, (_, index) => ({ id: `ami-${index}` })) } }],
])('a class with %s that the ledger has no room for counts as malformed', async (_what, more) => {
  const { classes, malformed } = await readFew({ classes: [aClass('good'), aClass('bad', more)] });
  expect([classes.map(({ name }) => name), [...malformed.keys()]]).toEqual([['good'], ['bad']]);
});

it('a class whose nodes are said to run AMIs without end counts as malformed', async () => {
  const claims = Array.from({ length: 201 }, (_, index) =>
    aClaim(`c${index}`, 'other', { status: { imageID: `ami-${index}` } }),
  );
  expect([...(await readFew({ claims })).malformed]).toEqual([['other', 'Its NodeClaims name more than 200 AMIs.']]);
});

it('little is kept of objects that are large', async () => {
  const long = 'x'.repeat(100_000);
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': long, 'eks-host-remediator/ignore': '' };
  const large = aClass('good', {
    metadata: { name: 'good', annotations, managedFields: [{ manager: 'helm', fieldsV1: { [`f:${long}`]: {} } }] },
    status: { conditions: [{ type: 'Ready', status: 'False', reason: long }] },
  });
  const pool = aPool('p', 'good', {
    metadata: { name: 'p', annotations },
    status: { conditions: [{ type: 'NodeRegistrationHealthy', status: 'False', reason: long }] },
  });
  const claim = aClaim('c', 'other', { metadata: { name: long, annotations }, status: { imageID: 7 } });
  const { classes, malformed } = await readFew({ classes: [large], pools: [pool], claims: [claim] });
  expect(JSON.stringify([classes, ...malformed.values()]).length).toBeLessThan(3_000);
  expect(classes[0]?.marks).toHaveProperty(['eks-host-remediator/ignore'], '');
});

it('a class that another object controls is kept as code by that', async () => {
  const owned = (controller: boolean) => ({
    metadata: {
      name: 'good',
      ownerReferences: [{ apiVersion: 'platform.example/v1', kind: 'Platform', name: 'main', uid: 'u', controller }],
    },
  });
  const ownerOf = async (more: object) => (await readFew({ classes: [aClass('good', more)] })).classes[0]?.codeOwner;
  expect(await ownerOf(owned(true))).toBe('its controller Platform main');
  expect(await ownerOf(owned(false))).toBeUndefined();
});
