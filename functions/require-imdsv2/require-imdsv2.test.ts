import { expect, it } from 'vitest';
import * as request from '../../events/remediation-request.ts';
import { HOUR, MINUTE, start } from '../../test/harness.ts';
import { deniedCalls } from '../../test/iam.ts';
import { privateFleet } from '../../test/quarantine.fixture.ts';

const FLEET = privateFleet(
  {},
  {},
  {
    nodeGroups: [
      { name: 'web', desiredSize: 2, releaseVersion: '1.33.13-20260714', ssm: { imdsTokens: 'optional' } },
      { name: 'new', desiredSize: 1, releaseVersion: '1.33.13-20260714' },
    ],
  },
);

it('is proposed, approved, confirmed by a fresh read, and undone, through the real rules, queue and bundle', async () => {
  const run = await start({ fleet: FLEET, play: '90m' });
  const { account } = run;
  const ours = () => run.records.filter(({ remediation }) => remediation === 'require-imdsv2');
  const told = () => ours().map(({ decision, reason }) => `${decision} ${reason}`);
  expect(told()).toEqual(Array(2).fill('would-act would-require-imdsv2'));
  const instanceId = ours()[0]?.instance ?? '';
  const tokens = () => account.fleet.instances.get(instanceId)?.metadataTokens;
  const ask = async (id: string, action: 'approve' | 'reject') => {
    const time = new Date(account.time.now).toISOString();
    const detail = { remediation: 'require-imdsv2', action, instanceId, why: 'tried out', requestedBy: 'Ada' };
    account.putEvent({ ...request.sample, id, time, detail });
    await account.play(5 * MINUTE);
  };
  await ask('r-1', 'approve');
  expect(tokens()).toBe('required');
  expect(told().slice(2)).toEqual(['waiting request-granted', 'acted imdsv2-being-required', 'done imdsv2-required']);
  const incident = ours().filter(({ instance }) => instance === instanceId);
  expect(new Set(incident.map(({ correlationId }) => correlationId)).size).toBe(1);
  await ask('r-2', 'reject');
  expect(tokens()).toBe('optional');
  await account.play(2 * HOUR);
  expect(told().slice(5)).toEqual(['waiting request-granted', 'acted imdsv2-undone', 'skipped proposal-rejected']);
  expect(tokens()).toBe('optional');
  expect(await deniedCalls(account, run.calls)).toEqual([]);
});

it('tells of a hop limit that keeps pods out, and keeps it', async () => {
  const nodeGroup = (name: string, imdsHopLimit?: number) => ({
    name,
    desiredSize: 1,
    releaseVersion: '1.33.13-20260714',
    ssm: { imdsTokens: 'optional', ...(imdsHopLimit !== undefined && { imdsHopLimit }) },
  });
  const fleet = privateFleet({}, {}, { nodeGroups: [nodeGroup('tight', 1), nodeGroup('usual')] });
  const run = await start({ fleet, policy: { imds: { mode: 'enforce' } }, inProcess: true, play: '90m' });
  const acts = run.records.filter(({ reason }) => reason === 'imdsv2-being-required');
  expect(acts.map(({ nodegroup, message }) => [nodegroup, message.includes('hop limit is 1')]).sort()).toEqual([
    ['tight', true],
    ['usual', false],
  ]);
  const inputs = run.calls.filter(({ operation }) => operation === 'ModifyInstanceMetadataOptions');
  expect(inputs.map(({ input }) => Object.keys(input).includes('HttpPutResponseHopLimit'))).toEqual([false, false]);
});

it('is undone once the account lets it, however long it enforces version 2', async () => {
  const run = await start({ fleet: FLEET, policy: { imds: { mode: 'enforce' } }, inProcess: true, play: '90m' });
  const { account } = run;
  const { id: instanceId } = account.fleet.instances
    .list()
    .find(({ tags }) => tags.get('eks:nodegroup-name') === 'web') ?? {
    id: '',
  };
  account.fleet.metadataDefaults.httpTokensEnforced = true;
  const time = new Date(account.time.now).toISOString();
  const detail = { remediation: 'require-imdsv2', action: 'reject', instanceId, why: 'an old SDK', requestedBy: 'Ada' };
  account.putEvent({ ...request.sample, id: 'r-1', time, detail });
  await account.play(3 * HOUR);
  const told = () =>
    run.records
      .filter(({ instance }) => instance === instanceId)
      .map(({ decision, reason }) => `${decision} ${reason}`);
  expect(told().slice(-2)).toEqual(['waiting request-granted', 'failed imdsv2-refused']);
  account.fleet.metadataDefaults.httpTokensEnforced = false;
  await account.play(2 * HOUR);
  expect(told().slice(-2)).toEqual(['acted imdsv2-undone', 'skipped proposal-rejected']);
  expect(account.fleet.instances.get(instanceId)?.metadataTokens).toBe('optional');
});

it('has every worker take version 2 in mode enforce, and keeps its hop limit', async () => {
  const run = await start({ fleet: FLEET, policy: { imds: { mode: 'enforce' } }, inProcess: true, play: '90m' });
  const changes = run.calls.filter(({ operation }) => operation === 'ModifyInstanceMetadataOptions');
  expect(changes.map(({ input }) => Object.keys(input as object).sort())).toEqual(
    Array(2).fill(['HttpEndpoint', 'HttpTokens', 'InstanceId']),
  );
  expect(run.account.fleet.instances.list().map(({ metadataTokens }) => metadataTokens)).toEqual(
    Array(3).fill('required'),
  );
});

it('touches nothing that only claims to be a worker by tags that anybody can set: it is told of once', async () => {
  const tags = { 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web', 'kubernetes.io/cluster/shop': 'owned' };
  const otherInstances = [{ name: 'bastion', tags, count: 3, metadataTokens: 'optional' }];
  const policy = { imds: { mode: 'enforce' }, quarantine: { mode: 'off' } };
  const run = await start({ fleet: privateFleet({}, {}, { otherInstances }), policy, inProcess: true, play: '3h' });
  const said = run.records.filter(({ remediation }) => remediation === 'require-imdsv2');
  expect(said.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(
    Array(3).fill('refused claims-to-be-worker'),
  );
  expect(run.calls.filter(({ operation }) => operation === 'ModifyInstanceMetadataOptions')).toEqual([]);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});
