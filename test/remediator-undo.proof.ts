import { expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from './harness.ts';
import { privateFleet } from './quarantine.fixture.ts';

const WHY = ['--why', 'a test asked for it'];
const OFF = { upgrades: { mode: 'off' }, ssmAgent: { mode: 'off' } };
/** The reasons of records about a worker, or about a node group. */
const reasonsOf = ({ records }: Run, { instance }: { readonly instance: string | undefined }) =>
  records.filter((record) => record.instance === instance).map(({ reason }) => reason);

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
