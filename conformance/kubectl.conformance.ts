import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPosture } from '../functions/check-posture/remediation.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import { steerNodeClasses } from '../functions/steer-node-classes/remediation.ts';
import { makeAuthority } from '../sandbox/kubernetes/served-authority.ts';
import type { Run } from '../sandbox/play.ts';
import { start } from '../test/harness.ts';
import { count } from './counts.ts';
import { serveAccount, stopServing } from './served-account.ts';
import { isThere, titled, toolPath } from './tools.ts';

const RELEASE = '1.33.13-20260714';
const cluster = (name: string, workload: object) => ({
  name,
  version: '1.33',
  // So that drain-nodes has its rights, too.
  rbacDrains: true,
  // kubectl asks about resources that the API server has.
  karpenterNodeClasses: [{ name: 'default' }],
  nodeGroups: [{ name: 'web', desiredSize: 3, releaseVersion: RELEASE, workloads: [{ replicas: 3, ...workload }] }],
});
/** What groups list. All others list nodes. */
const LISTED = new Map<string, readonly string[]>([
  [checkPosture.kubernetesGroup, ['pods']],
  [steerNodeClasses.kubernetesGroup, ['ec2nodeclasses.karpenter.k8s.aws', 'nodes', 'pods']],
]);
const FLEET = {
  startsAt: '2026-07-15T00:00:00Z',
  releases: [{ at: '-10d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: RELEASE }],
  clusters: [
    cluster('blocked', { name: 'cart', disruptionBudget: { maxUnavailable: 0 } }),
    cluster('free', { name: 'search' }),
    { ...cluster('hidden', { name: 'search' }), endpointPublicAccess: false },
  ],
};

/** Real ms between two minutes of virtual time, while a drain waits for pods to end. */
const TICK_MS = 200;

describe.skipIf(!isThere('kubectl') || !isThere('boto'))(titled('a stock kubectl,', 'kubectl'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
  let run: Run;
  let url = '';
  let stop: () => void = () => undefined;
  let commands = 0;

  const command = (tool: string, argv: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      commands += 1;
      const env = {
        // The kubeconfig makes kubectl call the AWS CLI for a token.
        PATH: [dirname(toolPath('boto', 'bin', 'aws')), process.env.PATH].join(delimiter),
        HOME: folder,
        KUBECONFIG: join(folder, 'config'),
        AWS_ENDPOINT_URL: url,
        AWS_ACCESS_KEY_ID: 'sandbox',
        AWS_SECRET_ACCESS_KEY: 'sandbox',
        AWS_DEFAULT_REGION: 'eu-central-1',
        ...more,
      };
      execFile(tool, [...argv], { env, timeout: 60_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  const kubectl = (context: string, ...argv: string[]) => command('kubectl', ['--context', context, ...argv]);
  const nodesOf = async (context: string): Promise<string[]> =>
    (await kubectl(context, 'get', 'nodes', '-o', 'name')).stdout.trim().split('\n');

  beforeAll(async () => {
    run = await start({ fleet: FLEET, policy: { upgrades: { mode: 'off' } }, play: '1m' });
    const authority = await makeAuthority();
    if (authority === undefined) throw new Error('The command openssl is missing.');
    stop = await run.account.kubernetes.serve(authority);
    url = await serveAccount(run.account);
    for (const name of ['blocked', 'free']) {
      const { code, stderr } = await command('aws', ['eks', 'update-kubeconfig', '--name', name, '--alias', name]);
      expect([stderr, code]).toEqual(['', 0]);
    }
  });
  afterAll(() => {
    stop();
    stopServing(run.account);
    rmSync(folder, { recursive: true });
    count(`kubectl: ${commands} commands against two clusters`);
  });

  it('lists nodes and pods as it does those of any cluster', async () => {
    const nodes = await kubectl('blocked', 'get', 'nodes');
    expect(nodes.stderr).toBe('');
    expect(nodes.stdout).toMatch(
      /^NAME +STATUS +ROLES +AGE +VERSION\n(ip-[\w.-]+ +Ready +<none> +\d+[smhd] +v1\.33\.\S+\n){3}$/,
    );
    expect((await kubectl('blocked', 'get', 'nodes', '-o', 'wide')).stdout).toMatch(/INTERNAL-IP +OS-IMAGE\n/);
    const pods = await kubectl('blocked', 'get', 'pods', '-A');
    expect(pods.stdout.match(/^default +cart-\S+ +1\/1 +Running/gm)).toHaveLength(3);
    expect(pods.stdout.match(/^kube-system +aws-node-/gm)).toHaveLength(3);
    expect((await kubectl('blocked', 'get', 'ns')).stdout).toMatch(/^kube-system +Active/m);
    const read = await kubectl('blocked', 'get', 'pods', '-o', 'json');
    expect(JSON.parse(read.stdout).items).toHaveLength(3);
  });

  it('cordons, and is held up by a disruption budget that lets none go', async () => {
    const [node = ''] = await nodesOf('blocked');
    expect((await kubectl('blocked', 'cordon', node)).stdout).toMatch(/cordoned\n$/);
    expect((await kubectl('blocked', 'get', node)).stdout).toMatch(/Ready,SchedulingDisabled/);
    const drained = await kubectl('blocked', 'drain', node, '--ignore-daemonsets', '--timeout=3s');
    expect(drained.code).toBe(1);
    expect(drained.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget");
    expect((await kubectl('blocked', 'uncordon', node)).stdout).toMatch(/uncordoned\n$/);
    expect((await kubectl('blocked', 'get', node)).stdout).not.toContain('SchedulingDisabled');
  });

  it('drains a node where no budget is in the way', async () => {
    const name = run.account.kubernetes.objects('free', 'pods').flatMap(({ metadata, spec }) => {
      const { namespace } = metadata as { namespace: string };
      return namespace === 'default' ? [(spec as { nodeName: string }).nodeName] : [];
    })[0];
    const ticking = setInterval(() => void run.account.play(60_000), TICK_MS);
    const { code, stdout } = await kubectl('free', 'drain', String(name), '--ignore-daemonsets', '--timeout=30s');
    clearInterval(ticking);
    expect(code).toBe(0);
    expect(stdout).toMatch(/pod\/search-\S+ evicted\n.*drained\n$/s);
  });

  it.each(
    REMEDIATIONS.flatMap((remediation) =>
      'kubernetesGroup' in remediation ? [String(remediation.kubernetesGroup)] : [],
    ),
  )('may list what it reads, and delete no node, as the group %s', async (group) => {
    const may = async (...asked: string[]) =>
      (await kubectl('blocked', 'auth', 'can-i', ...asked, '--as', 'function', '--as-group', group)).stdout.trim();
    const kinds = LISTED.get(group) ?? ['nodes'];
    for (const kind of kinds) expect(await may('list', kind, '-A'), kind).toBe('yes');
    expect(await may('list', 'nodes')).toBe(kinds.includes('nodes') ? 'yes' : 'no');
    expect(await may('delete', 'nodes')).toBe('no');
    expect(await may('get', 'secrets', '-n', 'kube-system')).toBe('no');
  });

  it('may evict as quarantine-workers, and list nothing as somebody whom nothing binds', async () => {
    const as = (group: string, ...argv: string[]) => kubectl('blocked', ...argv, '--as', 'x', '--as-group', group);
    const evict = ['auth', 'can-i', 'create', 'pods', '--subresource=eviction', '-n', 'default'];
    expect((await as('eks-host-remediator-quarantine', ...evict)).stdout.trim()).toBe('yes');
    expect((await as('nobody', ...evict)).stdout.trim()).toBe('no');
    const refused = await as('nobody', 'get', 'nodes');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining('(Forbidden): nodes is forbidden: User "x"'),
    ]);
  });

  it('trusts the authority that describe-cluster names, and no other', async () => {
    const other = await makeAuthority();
    const config = readFileSync(join(folder, 'config'), 'utf8');
    const strange = Buffer.from(other?.certificate ?? '').toString('base64');
    writeFileSync(join(folder, 'strange'), config.replaceAll(/(certificate-authority-data: ).*/g, `$1${strange}`));
    const argv = ['--context', 'blocked', 'get', 'nodes'];
    const { code, stderr } = await command('kubectl', argv, { KUBECONFIG: join(folder, 'strange') });
    expect([code, stderr]).toEqual([1, expect.stringContaining('certificate signed by unknown authority')]);
  });

  it('is not shown a cluster without a public endpoint at a port of this machine', async () => {
    const query = ['--query', 'cluster.endpoint', '--output', 'text'];
    const endpoint = async (name: string) =>
      (await command('aws', ['eks', 'describe-cluster', '--name', name, ...query])).stdout.trim();
    expect(await endpoint('blocked')).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await endpoint('hidden')).toMatch(/\.eks\.amazonaws\.com$/);
  });
});
