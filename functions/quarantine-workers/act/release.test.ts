import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { NOW, networkInterface, quarantine, worker } from '../model/observation.fixture.ts';
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

it.each([
  { pass: 'first', notes: {}, told: 'waiting release-in-progress', words: /eni-1 lacks another public address\./ },
  {
    pass: 'second',
    notes: { 'address 198.51.100.7': 'the automatic address' },
    told: 'done released',
    words: /the automatic address 198\.51\.100\.7 of eni-1; EC2 shows none instead\./,
  },
])(
  'waits once for another automatic address that EC2 shows late: in its $pass pass',
  async ({ notes, told, words }) => {
    const ec2 = new EC2Client({ region: 'eu-central-1' });
    const shown = { InstanceId: 'i-1', NetworkInterfaces: [{ NetworkInterfaceId: 'eni-1' }] };
    ec2.send = async () => ({ Reservations: [{ Instances: [shown] }], $metadata: {} });
    const address = { publicIp: '198.51.100.7', privateIp: '10.0.0.1' };
    const interfaces = [{ id: 'eni-1', groups: [], addresses: [address], ipv6: [] }];
    const held = quarantine({ kind: 'strip', phase: 'releasing', notes, saved: { interfaces, targets: [] } });
    const view = worker({ interfaces: [networkInterface({ id: 'eni-1', addresses: [] })] });
    const subject = { clients: { ec2 }, note: () => {}, instanceId: 'i-1', quarantine: held, now: NOW, view };
    const decision = await release(subject as unknown as StepSubject);
    expect(`${decision.decision} ${decision.reason}`).toBe(told);
    expect(decision.message).toMatch(words);
  },
);
