import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DetachInstancesCommand } from '@aws-sdk/client-auto-scaling';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientsIn, type Ended, operate, operateAs, surroundingsIn } from '../cli/operator.fixture.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from './harness.ts';
import { ENTRY, privateFleet } from './quarantine.fixture.ts';

const WHY = ['--why', 'a test asked for it'];
const directory = mkdtempSync(join(tmpdir(), 'remediator-verbs-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Three exposed workers, for which mode observe only makes proposals. */
let run: Run;
const remediator = (...argv: string[]): Promise<Ended> => operate(run.account, ...argv);
const lines = ({ stdout }: Ended): string[] => stdout.trimEnd().split('\n');
const json = (ended: Ended): Array<Record<string, unknown>> => lines(ended).map((line) => JSON.parse(line));

beforeAll(async () => {
  const at = (minute: number) => ({
    at: `+${minute}m`,
    cluster: 'shop',
    nodeGroup: 'web',
    withinSeconds: 0,
    exposure: { publicAddress: 'automatic', openPorts: [22] },
  });
  const fleet = privateFleet({ desiredSize: 6 }, { launches: [at(10), at(11)] }, { accessEntries: [ENTRY] });
  const policy = { quarantine: { mode: 'observe' }, ssmAgent: { mode: 'off' }, upgrades: { mode: 'off' } };
  run = await start({ fleet, policy, seed: 5 });
  await run.account.play(70 * MINUTE);
}, 60_000);

describe('lists', () => {
  it('get nodegroups has each group in its state, with how many workers need somebody', async () => {
    const [group, ...others] = json(await remediator('get', 'nodegroups', '-o', 'json'));
    expect(others).toEqual([]);
    expect(group).toMatchObject({ cluster: 'shop', nodegroup: 'web', needYou: 2 });
    expect(
      lines(await remediator('get', 'nodegroups'))[0]
        ?.trim()
        .split(/ {2,}/),
    ).toEqual(['NODEGROUP', 'STATE', 'WORKERS', 'NEED YOU', 'AGE', 'REASON']);
  });

  it('get nodes has each worker in the state that status and plan have it in', async () => {
    const nodes = json(await remediator('get', 'nodes', 'shop/web', '--json'));
    const exposed = nodes.filter(({ state }) => state === 'exposed').map(({ instance }) => instance);
    expect(exposed).toHaveLength(2);
    const [status] = json(await remediator('status', '--json'));
    expect(status).toMatchObject({ killSwitch: false, modes: { 'quarantine-workers': 'observe' } });
    const needed = new Map(
      (status?.needsYou as Array<{ subject: string; state: string }> | undefined)?.map(({ subject, state }) => [
        subject.split('/').at(-1),
        state,
      ]),
    );
    expect(exposed.map((instance) => needed.get(String(instance)))).toEqual(['exposed', 'exposed']);
  });

  it('get nodes and get nodegroups fail for a cluster or node group that EKS does not have', async () => {
    const failed = (sentence: string) => ({ code: 1, stdout: '', stderr: `${sentence}\n` });
    expect(await remediator('get', 'nodes', 'other')).toMatchObject(failed('There is no cluster other.'));
    const wbe = failed('There is no node group shop/wbe. Did you mean "shop/web"?');
    expect(await remediator('get', 'nodes', 'shop/wbe', '-o', 'json')).toMatchObject(wbe);
    expect(await remediator('get', 'nodegroups', 'shop/wbe')).toMatchObject(wbe);
    const pool = failed('There is no node group shop/karpenter:spot.');
    expect(await remediator('get', 'nodes', 'shop/karpenter:spot')).toMatchObject(pool);
  });

  it('each verb fails for a name that is none, and says which one may be meant', async () => {
    const worker = String(json(await remediator('get', 'nodes', '--json'))[0]?.instance);
    const mistyped = `${worker.slice(0, -1)}${worker.endsWith('a') ? 'b' : 'a'}`;
    const wbe = 'There is no node group shop/wbe. Did you mean "shop/web"?';
    for (const [argv, sentence] of [
      [['plan', 'shpo'], 'There is no cluster shpo. Did you mean "shop"?'],
      [['plan', 'shop/wbe'], wbe],
      [['plan', 'shop/wbe', '--fleet'], wbe],
      [['plan', 'shop/wbe', '--json'], wbe],
      [['explain', 'shop/wbe'], wbe],
      [['explain', mistyped], `No worker ${mistyped} runs here. Did you mean "i-`],
      [['undo', 'shop/wbe', ...WHY], wbe],
      [['undo', mistyped, ...WHY], `No worker ${mistyped} runs here. Did you mean "i-`],
      [['retry', 'shop/wbe', ...WHY], wbe],
      [['resume', 'shop/wbe', ...WHY], wbe],
      [['approve', mistyped, '--remediation', 'manage-ssm-agent', ...WHY], `No worker ${mistyped} runs here.`],
    ] as const) {
      const { code, stderr } = await remediator(...argv);
      expect([argv, code, stderr]).toEqual([argv, expect.toBeOneOf([1, 2]), expect.stringContaining(sentence)]);
    }
    expect(await remediator('plan', 'shop/web', '--fleet')).toMatchObject({ code: 0 });
  });

  it('get nodes and get nodegroups tell what the hosts run, and how old it is', async () => {
    const [node] = json(await remediator('get', 'nodes', '-o', 'json'));
    const image = {
      name: expect.stringMatching(/^amazon-eks-node-al2023-/),
      os: 'Amazon Linux 2023',
      containerOptimized: false,
      release: expect.stringMatching(/^v\d{8}$/),
      deprecated: false,
      allowed: true,
    };
    expect(node).toMatchObject({ kind: 'managed', launchedAt: expect.stringContaining('T'), image });
    expect(node).toMatchObject({ lifecycleState: 'InService' });
    const [group] = json(await remediator('get', 'nodegroups', '-o', 'json'));
    expect(group).toMatchObject({ kind: 'managed', images: [{ ...image, workers: group?.workers }] });
    const [headings = '', first = ''] = lines(await remediator('get', 'nodegroups', '-o', 'wide'));
    expect(headings).toMatch(/KIND +LAUNCHED +OS +AMI +AMI AGE +MESSAGE$/);
    expect(first).toMatch(/managed +\d+[smhd] +Amazon Linux 2023 +amazon-eks-node-al2023-\S+ +\d+d/);
  });

  it('get nodes tells who owns each host, and which instances nobody owns', async () => {
    const mixed = await start({
      fleet: privateFleet(
        {},
        {},
        {
          selfManagedGroups: [{ name: 'own', size: 1, imageId: 'ami-0123456789abcdef0' }],
          otherInstances: [
            { name: 'by-hand', count: 1, tags: { 'aws:eks:cluster-name': 'shop' } },
            { name: 'claims', count: 1, tags: { 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web' } },
            { name: 'pool', count: 1, tags: { 'aws:eks:cluster-name': 'shop', 'karpenter.sh/nodepool': 'general' } },
          ],
        },
      ),
      inProcess: true,
      play: '1m',
    });
    const members = mixed.account.fleet.instances.list().filter(({ tags }) => tags.get('eks:nodegroup-name') === 'web');
    const [detached] = members.filter(({ tags }) => tags.has('aws:autoscaling:groupName'));
    await clientsIn(mixed.account).autoScaling.send(
      new DetachInstancesCommand({
        AutoScalingGroupName: detached?.tags.get('aws:autoscaling:groupName') ?? '',
        InstanceIds: [detached?.id ?? ''],
        ShouldDecrementDesiredCapacity: true,
      }),
    );
    await mixed.account.play(10 * MINUTE);
    const owners = json(await operate(mixed.account, 'get', 'nodes', '-o', 'json')).map(
      ({ nodegroup, kind, joined }) => `${nodegroup} ${kind}${joined === false ? ' not joined' : ''}`,
    );
    expect(owners.toSorted()).toEqual([
      ' stray',
      ' stray not joined',
      'karpenter:general karpenter',
      'self-managed:shop-own self-managed',
      'web managed',
      'web managed',
      'web stray',
    ]);
    const groups = json(await operate(mixed.account, 'get', 'nodegroups', '-o', 'json'));
    expect(groups.find(({ nodegroup }) => nodegroup === 'web')).toMatchObject({ kind: 'managed', workers: 3 });
    expect(lines(await operate(mixed.account, 'get', 'nodes', '-o', 'wide')).join('\n')).toMatch(
      /i-\w+ +shop .* stray /,
    );
  });

  it('wraps to the terminal, and no word is lost', async () => {
    const wide = await remediator('get', 'nodegroups', '-o', 'wide');
    const narrow = await operateAs(run.account, { width: 100 }, 'get', 'nodegroups', '-o', 'wide');
    const words = ({ stdout }: Ended) => stdout.split(/\s+/).join(' ');
    expect(words(narrow)).toBe(words(wide));
    expect(lines(narrow).length).toBeGreaterThanOrEqual(lines(wide).length);
  });

  it('watch tells what comes while it watches, each record once', async () => {
    const watched = await remediator('watch', '--for', '2h', '--json');
    const ids = json(watched).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('one for many', () => {
  it('asks back about several, by their names, and asks nobody without a yes', async () => {
    const nobody = await remediator('approve', '--all-in', 'shop', ...WHY);
    expect(nobody).toMatchObject({ code: 2, stdout: '' });
    expect(nobody.stderr).toMatch(
      /i-\w+ \(quarantine-workers, plan \w+\)\n.*i-\w+ .*\n--yes: Approve these 2 resources\?/s,
    );
    const questions: string[] = [];
    const askBack = async (question: string) => {
      questions.push(question);
      return false;
    };
    const no = await operateAs(run.account, { askBack }, 'approve', '--all-in', 'shop', ...WHY);
    expect([no.code, no.stdout, questions]).toEqual([1, '', ['Approve these 2 resources?']]);
    expect(run.records.filter(({ reason }) => reason === 'request-granted')).toEqual([]);
  });

  it('--all-in has all done that it fits, in one go, and nothing where it fits nothing', async () => {
    const { code, stdout } = await remediator('approve', '--all-in', 'shop/web', '--yes', ...WHY);
    expect([...stdout.matchAll(/request-granted/g)]).toHaveLength(2);
    expect(code).toBe(0);
    const none = await remediator('approve', '--all-in', 'other', '--yes', ...WHY);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no resource that this fits') });
  });

  it('undo has a quarantine ended', async () => {
    await run.account.play(10 * MINUTE);
    const [held] = json(await remediator('get', 'quarantines', '--json'));
    const { code, stdout } = await remediator('undo', String(held?.instanceId), ...WHY);
    expect(stdout).toMatch(/✓ released /);
    expect(code).toBe(0);
    const nothing = await remediator('undo', 'shop/web', ...WHY);
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('could be undone') });
  });
});

describe('the policy', () => {
  const inPlace = async (): Promise<string | undefined> => {
    const { clients, stack } = await surroundingsIn(run.account);
    const { Parameter } = await clients.ssm.send(new GetParameterCommand({ Name: stack.PolicyParameterName }));
    return Parameter?.Value;
  };
  const file = (name: string, content: object): string => {
    const path = join(directory, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };

  it('stop turns the kill switch on and keeps the rest; go turns it off, once somebody says yes', async () => {
    const before = JSON.parse((await inPlace()) ?? '');
    expect(await remediator('stop')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The kill switch is on:/),
    });
    expect(JSON.parse((await inPlace()) ?? '')).toEqual({ ...before, killSwitch: true });
    expect((await remediator('stop')).stdout).toBe('The kill switch is on already.\n');
    expect((await remediator('status')).stdout).toContain('kill switch ON, nothing acts');
    expect(await remediator('go')).toMatchObject({ code: 2, stderr: expect.stringMatching(/^--yes: /) });
    expect(JSON.parse((await inPlace()) ?? '')).toMatchObject({ killSwitch: true });
    expect(await remediator('go', '--yes')).toMatchObject({ code: 0 });
    expect(JSON.parse((await inPlace()) ?? '')).toEqual({ ...before, killSwitch: false });
  });

  it('put refuses one with a fault, and puts a good one in place; show shows it', async () => {
    const before = await inPlace();
    const bad = await remediator('policy', 'put', file('bad.json', { upgrade: {} }), '--yes');
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was put in place.') });
    expect(await inPlace()).toBe(before);
    const good = { upgrades: { bakeAge: '48h' } };
    const asked = await remediator('policy', 'put', file('good.json', good));
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes: Put ') });
    expect(await inPlace()).toBe(before);
    expect(await remediator('policy', 'put', file('good.json', good), '--yes')).toMatchObject({ code: 0 });
    expect(JSON.parse((await remediator('policy', 'show')).stdout)).toEqual(good);
    expect((await remediator('policy', 'put', file('good.json', good))).stderr).toContain('is the same already');
    // The stack says with which rights it was deployed.
    const asking = { upgrades: { keyPairs: { mode: 'enforce' } }, refreshes: { mode: 'enforce' } };
    const { stdout } = await remediator('policy', 'put', file('asking.json', asking));
    expect(stdout).toContain('"enforce" needs the setting imageRights, which is off in this stack');
    expect(stdout).not.toContain('refreshRights');
  });

  it('that is no JSON is told of by stop, and left as it is', async () => {
    const { clients, stack } = await surroundingsIn(run.account);
    const { writePolicyText } = await import('../cli/policy-parameter.ts');
    await writePolicyText({ clients, stack, note: () => undefined }, 'nonsense', { text: '' });
    expect(await remediator('stop')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('holds no JSON object'),
    });
    expect(await inPlace()).toBe('nonsense');
    expect((await remediator('status')).stdout).toContain('THE POLICY IS INVALID');
  });

  it('that somebody has deleted is told of by each command with the fix, and made again by put', async () => {
    run.account.fleet.parameters.delete('/eks-host-remediator/policy');
    const gone = 'The policy parameter /eks-host-remediator/policy does not exist: create it, "{}" is a good policy.';
    expect((await remediator('status')).stdout).toContain(`THE POLICY IS INVALID: ${gone}`);
    for (const verb of [
      ['stop'],
      ['go', '--yes'],
      ['policy', 'show'],
      ['policy', 'check'],
      ['policy', 'check', '--fleet'],
    ]) {
      expect(await remediator(...verb)).toMatchObject({ code: 1, stderr: `${gone} Nothing acts while that is so.\n` });
    }
    const document = { killSwitch: true };
    expect(await remediator('policy', 'put', file('again.json', document), '--yes')).toMatchObject({ code: 0 });
    expect(JSON.parse((await inPlace()) ?? '')).toEqual(document);
  });
});
