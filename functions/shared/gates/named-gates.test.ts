import { describe, expect, it } from 'vitest';
import { policyOf } from '../../upgrade-node-groups/policy.fixture.ts';
import { calendarsAt, gatesAnywhere, isAnyNamed } from './named-gates.ts';

const gates = (...calendars: string[]) => ({ upgrades: { gates: { calendars } } });
const policy = policyOf({
  ...gates('freeze'),
  overrides: [
    { name: 'prod', match: { clusters: ['prod-*'] }, ...gates('prod-freeze') },
    { name: 'teams', match: { tags: { team: 'a' } }, ...gates('freeze', 'team-freeze') },
    { name: 'web', match: { nodegroups: ['web'] }, upgrades: { gates: { alarms: ['errors'] } } },
    { name: 'other', match: { clusters: ['lab'] }, upgrades: { mode: 'observe' } },
  ],
});
const arn = (name: string) => `arn:aws:ssm:eu-central-1:111122223333:document/${name}`;

describe('the change calendars of the policy', () => {
  it('are those of the document and of all overrides', () => {
    expect(gatesAnywhere(policy)).toEqual({
      alarms: ['errors'],
      calendars: ['freeze', 'prod-freeze', 'team-freeze'],
    });
    expect(gatesAnywhere({ error: 'no' })).toEqual({ alarms: [], calendars: [] });
  });

  it.each([
    ['prod-1', 'web', ['freeze', 'prod-freeze', 'freeze', 'team-freeze']],
    ['lab', 'web', ['freeze', 'freeze', 'team-freeze']],
  ])('may be of %s/%s by its names, whatever its tags are', (cluster, nodegroup, calendars) => {
    expect(calendarsAt(policy, { cluster, nodegroup })).toEqual(calendars);
  });

  it.each([
    ['by its name', [arn('freeze')], ['freeze'], true],
    ['by its ARN', [arn('x'), arn('freeze')], [arn('freeze')], true],
    ['not by the end of its name', [arn('prod-freeze')], ['freeze'], false],
    [
      'of another account, not by its name of this one',
      [arn('freeze')],
      ['arn:aws:ssm:eu-central-1:9:document/freeze'],
      false,
    ],
    ['not where the event names none', [], ['freeze'], false],
  ])('are found %s', (_what, arns, named, expected) => expect(isAnyNamed(arns, named)).toBe(expected));
});
