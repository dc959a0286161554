import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { startRun } from '../sandbox/play.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import { HOUR, incidentOf, nodeGroupOf, upgradeCalls } from './harness.ts';

const fleet = {
  startsAt: '2026-07-14T12:00:00Z',
  releases: [
    { at: '-9d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.4-20260701' },
    { at: '-3d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.5-20260709' },
  ],
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      nodeGroups: [
        { name: 'templated', desiredSize: 1, launchTemplate: {}, releaseVersion: '1.33.4-20260701' },
        { name: 'plain', desiredSize: 1, releaseVersion: '1.33.4-20260701' },
      ],
    },
  ],
};
const policy = { upgrades: { bakeAge: '1m', stopAfterFailures: 1, concurrency: { perCluster: 2 } } };

it('without the rights to launch by a template EKS refuses, which is told with its cause, counts as no attempt and holds up no other group', async () => {
  const template = inject('template');
  const withoutRights = readFileSync(template, 'utf8').replaceAll('"ec2:RunInstances"', '"ec2:GetConsoleOutput"');
  const path = join(dirname(template), 'without-launch-template-rights.template.json');
  writeFileSync(path, withoutRights);
  const run = await startRun({
    fleet: parseFleet(JSON.stringify(fleet), 'scenario'),
    synthesized: readSynthesizedStack(path),
    policy: JSON.stringify(policy),
  });
  await run.account.play(3 * HOUR);
  expect(nodeGroupOf(run, 'shop', 'plain')).toMatchObject({ releaseVersion: '1.33.5-20260709' });
  expect(nodeGroupOf(run, 'shop', 'templated')).toMatchObject({ releaseVersion: '1.33.4-20260701' });
  const told = run.records.filter(
    ({ nodegroup, reason }) => nodegroup === 'templated' && reason === 'upgrade-unauthorized',
  );
  expect(told.map(({ decision }) => decision)).toEqual(['refused']);
  expect(told[0]?.message).toMatch(
    /not authorized to launch instances with this launch template.*launchTemplateRights must be on/s,
  );
  // It is tried repeatedly and never halted, although the policy grants only one attempt.
  expect(upgradeCalls(run).filter(({ outcome }) => outcome === 'InvalidRequestException').length).toBeGreaterThan(1);
  expect(incidentOf(run, 'shop', 'templated').join()).not.toMatch(/failed|halted/);
});
