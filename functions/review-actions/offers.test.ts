import { describe, expect, it } from 'vitest';
import { REMEDIATIONS } from '../remediations.ts';
import { exampleRecord } from '../shared/records/record.fixture.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { approvalOf, offersFor } from './offers.ts';

const record = (
  remediation: string,
  decision: ReadRecord['decision'],
  reason: string,
  more: object = {},
): ReadRecord => ({
  ...exampleRecord,
  remediation,
  decision,
  reason,
  ...more,
});
const worker = { instance: 'i-0f3a5c7e9b1d2f4a6' };
const actionsOf = (...records: ReadRecord[]) => offersFor(records, REMEDIATIONS).map(({ action }) => action);

describe('what is offered', () => {
  it.each([
    ['a proposal', record('upgrade-node-groups', 'would-act', 'would-upgrade'), ['approve', 'reject']],
    ['a rejected proposal', record('upgrade-node-groups', 'refused', 'proposal-rejected'), ['approve']],
    ['a halted group', record('upgrade-node-groups', 'refused', 'halted'), ['resume']],
    [
      'a group whose failure tripped a breaker',
      record('upgrade-node-groups', 'refused', 'breaker-tripped'),
      ['resume'],
    ],
    ['a group that a breaker holds', record('upgrade-node-groups', 'refused', 'held-by-breaker'), ['resume']],
    ['a halted refresh', record('refresh-groups', 'refused', 'refresh-halted'), ['resume']],
    ['a cancelled refresh', record('refresh-groups', 'failed', 'refresh-cancelled'), ['resume']],
    ['a failure', record('upgrade-node-groups', 'failed', 'upgrade-failed'), ['retry']],
    ['a wait after a failure', record('upgrade-node-groups', 'waiting', 'retry-later'), ['retry']],
    [
      'a worker in quarantine',
      record('quarantine-workers', 'done', 'quarantined', worker),
      ['release', 'extend', 'terminate'],
    ],
    [
      'an expired one',
      record('quarantine-workers', 'waiting', 'quarantine-expired', worker),
      ['release', 'extend', 'terminate'],
    ],
    [
      'one that EC2 did not let be terminated',
      record('quarantine-workers', 'failed', 'termination-refused', worker),
      ['release', 'extend', 'terminate'],
    ],
    [
      'one whose pods are being evicted',
      record('quarantine-workers', 'waiting', 'draining', worker),
      ['release', 'extend', 'terminate'],
    ],
    ['a hardened group', record('quarantine-workers', 'acted', 'group-hardened'), ['release']],
    ['a remedy proposed', record('manage-ssm-agent', 'would-act', 'would-remedy', worker), ['approve', 'reject']],
    ['an agent that fails', record('manage-ssm-agent', 'failed', 'no-network-path', worker), ['retry']],
    ['what is done', record('upgrade-node-groups', 'done', 'upgraded'), []],
    ['what a function does not take', record('quarantine-workers', 'failed', 'unreadable', worker), []],
    ['the account', record('watch-ami-releases', 'failed', 'unreadable'), []],
  ])('for %s', (_, given, actions) => {
    expect(actionsOf(given)).toEqual(actions);
  });

  it('goes by the last word of each function, and a refused request is none', () => {
    const quarantined = record('quarantine-workers', 'done', 'quarantined', worker);
    const refused = record('quarantine-workers', 'refused', 'request-refused', worker);
    expect(actionsOf(quarantined, refused)).toEqual(['release', 'extend', 'terminate']);
    expect(actionsOf(quarantined, record('quarantine-workers', 'done', 'released', worker))).toEqual([]);
  });

  it('is not taken away by a granted request that is still to be carried out, nor by what keeps anybody from acting', () => {
    const proposed = record('upgrade-node-groups', 'would-act', 'would-upgrade');
    const granted = record('upgrade-node-groups', 'waiting', 'request-granted');
    expect(actionsOf(proposed, granted)).toEqual(['approve', 'reject']);
    const quarantined = record('quarantine-workers', 'done', 'quarantined', worker);
    const stopped = record('quarantine-workers', 'skipped', 'kill-switch', worker);
    expect(actionsOf(quarantined, stopped)).toEqual(['release', 'extend', 'terminate']);
    const exposed = record('quarantine-workers', 'would-act', 'would-quarantine', worker);
    expect(actionsOf(exposed, stopped)).toEqual([]);
    expect(actionsOf(stopped)).toEqual([]);
  });
});

it('offers the approval of a plan that its function takes, and of nothing else', () => {
  const proposes = (remediation: string, more: object = {}) =>
    approvalOf(record(remediation, 'would-act', 'any', { details: { plan: 'p' }, ...more }), REMEDIATIONS)?.plan;
  expect(proposes('upgrade-node-groups')).toBe('p');
  expect(proposes('upgrade-node-groups', { details: {} })).toBeUndefined();
  expect(proposes('check-posture')).toBeUndefined();
  expect(approvalOf(record('upgrade-node-groups', 'skipped', 'proposal-rejected'), REMEDIATIONS)).toBeUndefined();
});
