import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { NOW, quarantine, worker } from '../model/observation.fixture.ts';
import type { StepSubject } from '../steps/step.ts';
import { release } from './release.ts';

it('ends no quarantine of a worker that EC2 does not show, since nobody knows what is restored', async () => {
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async () => ({ Reservations: [] });
  const held = quarantine({ kind: 'strip', phase: 'releasing', saved: { interfaces: [], targets: [] } });
  const subject = { clients: { ec2 }, note: () => {}, instanceId: 'i-1', quarantine: held, now: NOW, view: worker() };
  const decision = await release(subject as unknown as StepSubject);
  expect(decision).toMatchObject({ decision: 'waiting', reason: 'release-in-progress', quarantine: { notes: {} } });
  expect(decision.message).toContain('Waiting for: EC2 to show it.');
  expect(decision.lookAt).toBeGreaterThan(NOW);
});
