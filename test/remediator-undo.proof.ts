import { expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from './harness.ts';
import { privateFleet } from './quarantine.fixture.ts';

const WHY = ['--why', 'a test asked for it'];
const OFF = { upgrades: { mode: 'off' }, ssmAgent: { mode: 'off' } };
const oldMetadata = {
  name: 'web',
  desiredSize: 2,
  releaseVersion: '1.33.13-20260714',
  ssm: { imdsTokens: 'optional' },
};

/** The reasons of records about a worker, or about a group. */
const reasonsOf = ({ records }: Run, { instance }: { readonly instance: string | undefined }) =>
  records.filter((record) => record.instance === instance).map(({ reason }) => reason);

it('undo has a worker take version 1 of IMDS again, which was approved with all of its wave', async () => {
  const fleet = privateFleet({}, {}, { nodeGroups: [oldMetadata] });
  const run = await start({ fleet, policy: OFF, play: '70m' });
  const proposals = run.records.filter(({ reason }) => reason.startsWith('would-require-'));
  expect(proposals).toHaveLength(2);
  // Both were proposed by one trigger.
  const [wave, ...others] = [...new Set(proposals.map(({ trigger }) => trigger.id))];
  expect(others).toEqual([]);
  const approved = await operate(run.account, 'approve', '--wave', wave ?? '', '--yes', ...WHY);
  expect(approved.stdout.match(/request-granted/g)).toHaveLength(2);
  expect(approved.code).toBe(0);
  await run.account.play(5 * MINUTE);
  const tokens = () => proposals.map(({ instance = '' }) => run.account.fleet.instances.get(instance)?.metadataTokens);
  expect(tokens()).toEqual(['required', 'required']);

  const [{ instance = '' } = {}] = proposals;
  const undone = await operate(run.account, 'undo', instance, ...WHY);
  expect(undone.code).toBe(0);
  await run.account.play(5 * MINUTE);
  expect(tokens()).toEqual(['optional', 'required']);
  expect(reasonsOf(run, { instance })).toContain('imdsv2-undone');
});

it('undo has the closed exposure of a group opened again, as it was', async () => {
  const group = { desiredSize: 2, exposure: { subnets: 'public', openPorts: [22] } };
  const policy = { ...OFF, quarantine: { publicByDesign: { revokeIngress: 'enforce', closeSubnets: 'enforce' } } };
  const run = await start({ fleet: privateFleet(group), policy, play: '70m' });
  expect(reasonsOf(run, { instance: undefined })).toContain('group-hardened');
  const open = () =>
    run.account.fleet.networks.subnets.list().filter(({ mapPublicIpOnLaunch }) => mapPublicIpOnLaunch).length;
  expect(open()).toBe(0);
  const undone = await operate(run.account, 'undo', 'shop/web', ...WHY);
  expect(undone.code).toBe(0);
  await run.account.play(5 * MINUTE);
  expect(open()).toBeGreaterThan(0);
  expect(reasonsOf(run, { instance: undefined })).toContain('group-restored');
});
