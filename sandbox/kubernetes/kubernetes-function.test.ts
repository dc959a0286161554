import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleHandlers } from '../../infra/bundle.ts';
import { ExecutionEnvironment } from '../lambda/execution-environment.ts';
import { InMemoryNetwork } from '../lambda/in-memory-network.ts';
import { NOW, type TestClusterOptions, testCluster, testDaemonSet, testNode } from './kubernetes-test-cluster.ts';

let bundle: string;
beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kubernetes-function-'));
  const agent = { name: 'agent', path: join(import.meta.dirname, 'kubernetes-function.fixture.ts') };
  const other = { name: 'other', path: join(import.meta.dirname, 'json.ts') };
  await bundleHandlers([agent, other], directory);
  bundle = join(directory, 'agent', 'index.js');
});

interface PlayOptions extends TestClusterOptions {
  /** How many concurrent invocations, each in its own execution environment, with its own DaemonSet. */
  readonly invocations?: number;
  readonly event?: object;
  readonly network?: InMemoryNetwork;
}

/** Runs the bundled function against a cluster of three nodes. */
async function play({ invocations = 1, event, network, ...options }: PlayOptions = {}) {
  const environments: ExecutionEnvironment[] = [];
  const nodes = ['a', 'b', 'c'].map((name) => testNode(name));
  const cluster = testCluster({ nodes, crash: () => environments[0]?.kill(), ...options });
  const { time, random } = cluster;
  time.addActivity(() => environments.some(({ busy }) => busy));
  const answers = Array.from({ length: invocations }, (_, index) => {
    const environment = new ExecutionEnvironment({
      bundle,
      handler: 'index.handler',
      environment: {},
      functionName: 'agent',
      memorySizeMb: 512,
      accountId: '111122223333',
      region: 'eu-central-1',
      logGroupName: '/shared',
      accessKeyId: 'AKIDAGENT',
      network: network ?? cluster.network,
      time,
      random: random.fork(`function ${index}`),
      onLine: () => {},
    });
    environments.push(environment);
    const input = {
      cluster: 'prod',
      endpoint: cluster.endpoint,
      certificateAuthority: cluster.authority,
      manifest: testDaemonSet({}, { name: `installer-${index}` }),
      ...event,
    };
    return environment.invoke(input, { requestId: `request-${index}`, timeoutMs: 900_000 });
  });
  await time.play(NOW + 900_000);
  const results = (await Promise.all(answers)).map((answer) => (answer.ok ? answer.result : answer));
  return { ...cluster, results };
}

const story = ({ calls }: Awaited<ReturnType<typeof play>>) =>
  calls.map(({ at, operation, outcome, input }) => `${at} ${operation} ${input.name ?? ''} ${outcome}`);

describe('a bundled function', () => {
  it('lists nodes, applies a DaemonSet, sees it get ready and deletes it', async () => {
    const run = await play();
    expect(run.results).toEqual([{ nodes: ['i-0a', 'i-0b', 'i-0c'], last: { desired: 3, ready: 3, updated: 3 } }]);
    const operations = run.calls.map(({ operation }) => operation);
    expect(operations.slice(0, 2)).toEqual(['GET nodes', 'PATCH daemonsets']);
    expect(operations.at(-1)).toBe('DELETE daemonsets');
    expect(new Set(operations.slice(2, -1))).toEqual(new Set(['GET daemonsets']));
    expect(Date.parse(run.calls[0]?.at ?? '') - NOW).toBeGreaterThanOrEqual(10);
  });

  it('isolates a node, empties it as a disruption budget allows, and releases it', async () => {
    const group = { 'eks.amazonaws.com/nodegroup': 'workers' };
    const nodes = ['a', 'b'].map((name) => testNode(name, { labels: group }));
    const workload = { nodeGroup: 'workers', namespace: 'shop', name: 'web', replicas: 4, terminationSeconds: 20 };
    const workloads = [{ ...workload, disruptionBudget: { maxUnavailable: 1 } }];
    const { results } = await play({ nodes, workloads, event: { node: 'a' } });
    expect(results).toMatchObject([
      {
        isolated: 'changed',
        restored: 'changed',
        node: { name: 'a', unschedulable: false, taints: [], labels: group },
      },
    ]);
    const [{ evictions }] = results as [{ evictions: string[] }];
    expect(evictions.filter((outcome) => outcome === 'evicted')).toHaveLength(2);
    expect(new Set(evictions)).toEqual(new Set(['evicted', 'blocked']));
  });

  it('makes the same calls at the same moments for the same seed, however many there are at once', async () => {
    const first = story(await play({ invocations: 5, seed: 7 }));
    expect(first.filter((line) => line.includes('DELETE')).length).toBe(5);
    expect(story(await play({ invocations: 5, seed: 7 }))).toEqual(first);
    expect(story(await play({ invocations: 5, seed: 8 }))).not.toEqual(first);
  });

  it('gets through throttling, failures and lost replies', async () => {
    const faults = { throttleRate: 0.15, serverErrorRate: 0.1, lostReplyRate: 0.1 };
    const run = await play({ faults, seed: 3 });
    expect(run.results).toMatchObject([{ last: { ready: 3 } }]);
    expect(new Set(run.calls.map(({ outcome }) => outcome)).size).toBeGreaterThan(2);
    expect((await run.call('GET', '/apis/apps/v1/daemonsets')).body.items).toEqual([]);
  });

  it('can crash at any call', async () => {
    const crash = { function: 'agent', call: 2, when: 'after' } as const;
    const run = await play({ faults: { crash } });
    expect(run.results).toMatchObject([{ ok: false, error: { name: 'Runtime.ExitError' } }]);
    expect(run.calls.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
      'GET nodes ok',
      'PATCH daemonsets caller crashed',
    ]);
    expect((await run.call('GET', '/apis/apps/v1/daemonsets')).body.items).toHaveLength(1);
  });
});

describe('what stands between', () => {
  it.each([
    ['no access entry', { known: false }, 'unauthorized', /access entry/],
    ['no RBAC', { applied: [] }, 'forbidden', /cannot list resource "nodes".*npm run -s rbac/],
    ['throttling without end', { faults: { throttleRate: 1 } }, 'throttled', /answered 429/],
    [
      'another authority',
      { event: { certificateAuthority: Buffer.from('other').toString('base64') } },
      'unreachable',
      /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    ],
    [
      'a name that does not exist',
      { event: { endpoint: 'https://FFFF.gr7.eu-central-1.eks.amazonaws.com' } },
      'unreachable',
      /ENOTFOUND/,
    ],
  ])('%s is told by its name', async (_what, options, problem, message) => {
    const { results } = await play(options);
    expect(results).toEqual([{ problem, message: expect.stringMatching(message), at: expect.any(Number) }]);
  });

  it('a private endpoint is given up after ten virtual seconds', async () => {
    const { server } = testCluster();
    const { results } = await play({ network: new InMemoryNetwork(server.http, () => 'silence') });
    expect(results).toEqual([
      { problem: 'unreachable', message: expect.stringMatching(/no answer in time.*VPC/), at: NOW + 10_000 },
    ]);
  });
});

describe('the bundle', () => {
  it('leaves the client in a file of its own, that has only what it uses, where it is used', () => {
    const client = join(bundle, '..', 'kubernetes-client.js');
    expect(statSync(bundle).size).toBeLessThan(200_000);
    expect(readFileSync(bundle, 'utf8')).toContain('require("./kubernetes-client.js")');
    expect(statSync(client).size).toBeLessThan(1_300_000);
    expect(readFileSync(client, 'utf8')).not.toContain('undici');
    expect(readdirSync(join(bundle, '..', '..', 'other'))).toEqual(['index.js']);
  });
});
