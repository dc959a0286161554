import { describe, expect, it } from 'vitest';
import { installerDaemonSet } from '../../functions/manage-ssm-agent/install/index.ts';
import type { Json } from './json.ts';
import { testCluster, testDaemonSet, testNode } from './kubernetes-test-cluster.ts';

const HOUSE = '/apis/apps/v1/namespaces/eks-host-remediator';
const ON_HOST = {
  hostPID: true,
  containers: [{ name: 'main', image: 'x', securityContext: { privileged: true } }],
};

type Cluster = ReturnType<typeof testCluster>;
const statusOf = async ({ call }: Cluster, name = 'installer') =>
  (await call('GET', `${HOUSE}/daemonsets/${name}`)).body.status;
const podsOf = async ({ call }: Cluster) => {
  const { body } = await call('GET', `/api/v1/namespaces/eks-host-remediator/pods`);
  return (body.items as Array<{ spec: { nodeName: string } }>).map(({ spec }) => spec.nodeName).sort();
};
const wait = ({ time }: Cluster, seconds: number) => time.play(time.now + seconds * 1000);

describe('pods of a DaemonSet', () => {
  it('start on every node and become ready after some seconds', async () => {
    const cluster = testCluster({ nodes: [testNode('a'), testNode('b')] });
    await cluster.apply(testDaemonSet());
    expect(await statusOf(cluster)).toMatchObject({ observedGeneration: 0, desiredNumberScheduled: 0 });
    await wait(cluster, 2);
    expect(await statusOf(cluster)).toMatchObject({
      observedGeneration: 1,
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      updatedNumberScheduled: 2,
      numberReady: 0,
      numberUnavailable: 2,
    });
    await wait(cluster, 30);
    expect(await statusOf(cluster)).toMatchObject({ numberReady: 2, numberAvailable: 2, numberUnavailable: 0 });
    expect(await podsOf(cluster)).toEqual(['a', 'b']);
  });

  it('follow nodes that come and go', async () => {
    const cluster = testCluster({ nodes: [testNode('a')] });
    await cluster.apply(testDaemonSet());
    await wait(cluster, 40);
    cluster.nodes.splice(0, 1, testNode('b'));
    await wait(cluster, 40);
    expect(await podsOf(cluster)).toEqual(['b']);
    expect(await statusOf(cluster)).toMatchObject({ desiredNumberScheduled: 1, numberReady: 1 });
  });

  it('never become ready where nothing leads to their image', async () => {
    const cluster = testCluster({ nodes: [testNode('a')] });
    await cluster.apply(
      testDaemonSet({ ...ON_HOST, containers: [{ ...ON_HOST.containers[0], image: 'unreachable/x' }] }),
    );
    await wait(cluster, 40);
    expect(await statusOf(cluster)).toMatchObject({ currentNumberScheduled: 1, numberReady: 0 });
    const { body } = await cluster.call('GET', `/api/v1/namespaces/eks-host-remediator/pods`);
    expect(JSON.stringify(body)).toContain('ImagePullBackOff');
  });

  it('go with it', async () => {
    const cluster = testCluster({ nodes: [testNode('a')] });
    await cluster.apply(testDaemonSet());
    await wait(cluster, 40);
    await cluster.call('DELETE', `${HOUSE}/daemonsets/installer`);
    expect(await podsOf(cluster)).toEqual(['a']);
    await wait(cluster, 10);
    expect(await podsOf(cluster)).toEqual([]);
    expect(cluster.time.nextAt).toBeUndefined();
  });

  it('are replaced one at a time when the template changes', async () => {
    const cluster = testCluster({ nodes: ['a', 'b', 'c'].map((name) => testNode(name)) });
    await cluster.apply(testDaemonSet());
    await wait(cluster, 40);
    await cluster.apply(testDaemonSet({}, { image: 'registry/installer:2' }));
    await wait(cluster, 2);
    expect(await statusOf(cluster)).toMatchObject({ updatedNumberScheduled: 1, numberReady: 2 });
    await wait(cluster, 120);
    expect(await statusOf(cluster)).toMatchObject({ updatedNumberScheduled: 3, numberReady: 3 });
  });

  it('stay as they are until deleted with OnDelete', async () => {
    const cluster = testCluster({ nodes: ['a', 'b'].map((name) => testNode(name)) });
    const installerOn = (...nodeNames: string[]) =>
      cluster.apply(
        installerDaemonSet({ nodeNames, region: 'eu-central-1', image: 'x' }),
        'fieldManager=tester',
        'ssm-agent-installer',
      );
    await installerOn('a');
    await wait(cluster, 40);
    await installerOn('a', 'b');
    await wait(cluster, 2);
    expect(await statusOf(cluster, 'ssm-agent-installer')).toMatchObject({
      desiredNumberScheduled: 2,
      updatedNumberScheduled: 1,
      numberReady: 1,
    });
  });
});

describe('a pod', () => {
  const affinity = (term: Json) => ({
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
    },
  });
  const fleet = () => [
    testNode('plain'),
    testNode('arm', { architecture: 'arm64' }),
    testNode('windows', { operatingSystem: 'windows', osImage: 'Windows Server 2022 Datacenter' }),
    testNode('cordoned', { unschedulable: true }),
    testNode('notready', { ready: false }),
  ];

  it.each([
    ['any', {}, ['arm', 'cordoned', 'notready', 'plain', 'windows']],
    ['nodeSelector', { nodeSelector: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' } }, ['arm']],
    [
      'In',
      affinity({ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['arm', 'plain'] }] }),
      ['arm', 'plain'],
    ],
    [
      'NotIn',
      affinity({ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'NotIn', values: ['linux'] }] }),
      ['windows'],
    ],
    ['DoesNotExist', affinity({ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'DoesNotExist' }] }), []],
    ['a name', affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['plain'] }] }), ['plain']],
    ['an empty term', affinity({}), []],
  ])('runs where %s fits', async (_what, podSpec, expected) => {
    const cluster = testCluster({ nodes: fleet() });
    await cluster.apply(testDaemonSet(podSpec));
    await wait(cluster, 2);
    expect(await podsOf(cluster)).toEqual(expected);
  });

  it.each([
    ['nothing', [], []],
    ['everything', [{ operator: 'Exists' }], ['a']],
    ['the taint', [{ key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }], ['a']],
    ['the key', [{ key: 'dedicated', operator: 'Exists' }], ['a']],
    ['another value', [{ key: 'dedicated', value: 'cpu' }], []],
    ['another effect', [{ key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }], []],
  ])('that tolerates %s meets a tainted node', async (_what, tolerations, expected) => {
    const cluster = testCluster({ nodes: [testNode('a')] });
    const body = { spec: { taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }] } };
    await cluster.call('PATCH', '/api/v1/nodes/a', { body, contentType: 'application/merge-patch+json' });
    await cluster.apply(testDaemonSet({ tolerations }));
    await wait(cluster, 2);
    expect(await podsOf(cluster)).toEqual(expected);
  });

  it('that may change its host is told of when it is ready', async () => {
    const cluster = testCluster({ nodes: [testNode('a')] });
    await cluster.apply(testDaemonSet(ON_HOST));
    await wait(cluster, 2);
    expect(cluster.reached).toEqual([]);
    await wait(cluster, 30);
    expect(cluster.reached).toEqual(['i-0a']);
  });

  it.each([
    ['is not privileged', { hostPID: true }],
    ['sees nothing of its host', { containers: ON_HOST.containers }],
  ])('that %s changes no host', async (_what, podSpec) => {
    const cluster = testCluster({ nodes: [testNode('a')] });
    await cluster.apply(testDaemonSet(podSpec));
    await wait(cluster, 40);
    expect(await statusOf(cluster)).toMatchObject({ numberReady: 1 });
    expect(cluster.reached).toEqual([]);
  });

  it.each([
    ['mounts the root of', { volumes: [{ name: 'host', hostPath: { path: '/' } }] }],
    ['mounts a directory of', { volumes: [{ name: 'host', hostPath: { path: '/usr/bin' } }] }],
    ['enters', {}],
  ])('that %s Bottlerocket never becomes ready', async (_what, parts) => {
    const cluster = testCluster({ nodes: [testNode('a', { osImage: 'Bottlerocket OS 1.42.0 (aws-k8s-1.33)' })] });
    await cluster.apply(testDaemonSet({ ...ON_HOST, ...parts }));
    await wait(cluster, 600);
    expect(await statusOf(cluster)).toMatchObject({ desiredNumberScheduled: 1, numberReady: 0, numberUnavailable: 1 });
    expect(cluster.reached).toEqual([]);
  });
});
