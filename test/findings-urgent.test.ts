import { expect, it } from 'vitest';
import { findingsFleet, GRAVE, NEVER, told, URGENT } from './findings.fixture.ts';
import { playThrough } from './harness.ts';

const policy = { findings: { urgent: { severity: 'HIGH' } } };
/** 400 findings on ten workers, more than are read by severity. */
const GRAVER = { ...GRAVE, repeat: 40, id: 'CVE-2026-10{n}0', severity: 'CRITICAL', publishedAt: '-2d' };

it.each([
  ['has a known exploit', { exploitAvailable: true, epss: 0.01 }],
  ['is likely to be exploited', { exploitAvailable: false, epss: 0.83 }],
])('a finding that %s is found to be urgent behind any number of graver ones that are not', async (_what, mark) => {
  const hidden = { ...URGENT, ...mark, severity: 'HIGH', publishedAt: '-1d' };
  const fleet = findingsFleet({
    vulnerabilities: [GRAVER, hidden],
    newReleaseAt: NEVER,
    nodeGroup: { desiredSize: 10 },
  });
  const run = await playThrough({ ...fleet, policy, inProcess: true, play: '70m' });
  const [waiting] = told(run, 'urgent-without-ami');
  expect(waiting?.details).toMatchObject({ urgency: 'urgent', severity: 'HIGH' });
  expect(waiting?.message).toContain(URGENT.id);
});

it.each([1, 2])('a finding is found to be urgent behind empty pages, too: seed %i', async (seed) => {
  const hidden = { ...URGENT, epss: 0.01, severity: 'HIGH', publishedAt: '-1d' };
  const more = { eventualConsistency: true };
  const fleet = findingsFleet({
    vulnerabilities: [GRAVER, hidden],
    newReleaseAt: NEVER,
    nodeGroup: { desiredSize: 10 },
    more,
  });
  const run = await playThrough({ ...fleet, policy, inProcess: true, seed, play: '70m' });
  expect(told(run, 'urgent-without-ami').map(({ details }) => details?.urgency)).toEqual(['urgent']);
});
