import { expect, it } from 'vitest';
import { start } from './harness.ts';

it('a fault in one section of the policy stops the function of that section, and no other', async () => {
  const policy = JSON.stringify({ quarantine: { expireAfter: 'soon' }, upgrades: { bakeAge: '10m' } });
  const { records } = await start({ fleet: 'demo', policy, play: '3h' });
  const stopped = records.filter(({ reason }) => reason === 'policy-invalid');
  expect(new Set(stopped.map(({ remediation }) => remediation))).toEqual(new Set(['quarantine-workers']));
  expect(stopped[0]).toMatchObject({ decision: 'refused', severity: 'high' });
  expect(stopped[0]?.message).toContain('quarantine.expireAfter: must be a whole number with a unit');
  const acted = records.filter(({ decision }) => decision === 'acted');
  expect(acted.map(({ remediation }) => remediation)).toContain('upgrade-node-groups');
  expect(acted.map(({ remediation }) => remediation)).not.toContain('quarantine-workers');
});
