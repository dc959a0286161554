import { describe, expect, it } from 'vitest';
import { judge } from '../../shared/iam/judge.ts';
import { statementsOf } from '../../shared/iam/policy-statements.ts';
import { questionsFor } from './questions.ts';
import { roleRights } from './role-rights.ts';

const AGENT = {
  partition: 'aws',
  region: 'eu-central-1',
  account: '111122223333',
  instanceId: 'i-0f3a5c7e9b1d2f4a6',
  roleArn: 'arn:aws:iam::111122223333:role/shop-node',
};
const INSTANCE = `arn:aws:ec2:eu-central-1:111122223333:instance/${AGENT.instanceId}`;
const CHANNELS = ['ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'];
const NEEDED = ['ssm:UpdateInstanceInformation', ...CHANNELS];

const allow = (Action: string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });
const deny = (Action: string[], more: object = {}) => ({ ...allow(Action, more), Effect: 'Deny' });
const policy = (name: string, ...Statement: object[]) => ({
  name,
  statements: statementsOf(JSON.stringify({ Statement })),
});
const role = (statements: object[], boundary?: object[]) => ({
  roleArn: AGENT.roleArn,
  policies: [policy('own', ...statements)],
  ...(boundary !== undefined && { boundary: policy('bound', ...boundary) }),
  fingerprint: 'f',
});
const when = (operator: string, key: string, value: string | string[]) => ({
  Condition: { [operator]: { [key]: value } },
});

describe('what a role gives an agent', () => {
  it.each([
    ['the actions by name', [allow(NEEDED)], 'yes'],
    ['the actions in other letters', [allow(NEEDED.map((action) => action.toLowerCase()))], 'yes'],
    ['wildcards', [allow(['ssm:*', 'ssmmessages:*Channel'])], 'yes'],
    ['a question mark', [allow(['ss?:UpdateInstanceInformation', 'ssmmessages:*'])], 'yes'],
    ['everything', [allow(['*'])], 'yes'],
    ['several statements', [allow(NEEDED.slice(0, 1)), allow(NEEDED.slice(1))], 'yes'],
    ['one action too few', [allow(NEEDED.slice(0, 2))], 'no'],
    ['a denial beside it', [allow(['*']), deny(['ssm:UpdateInstanceInformation'])], 'no'],
    ['a denial of something else', [allow(['*']), deny(['ssm:GetParameter*'])], 'yes'],
    ['the instance alone', [allow(NEEDED.slice(0, 1), { Resource: INSTANCE }), allow(CHANNELS)], 'yes'],
    [
      'any instance, the channels on everything',
      [allow(['ssm:UpdateInstanceInformation'], { Resource: 'arn:aws:ec2:*:*:instance/*' }), allow(CHANNELS)],
      'yes',
    ],
    ['another instance', [allow(['ssm:*'], { Resource: 'arn:aws:ec2:*:*:instance/i-1' }), allow(CHANNELS)], 'no'],
    ['channels on a resource, which they do not know', [allow(NEEDED, { Resource: INSTANCE })], 'no'],
    ['everything but other resources', [allow(NEEDED, { Resource: undefined, NotResource: 'arn:aws:s3:::*' })], 'yes'],
    ['a condition that holds', [allow(NEEDED, when('StringEquals', 'aws:RequestedRegion', 'eu-central-1'))], 'yes'],
    ['a condition that does not', [allow(NEEDED, when('StringEquals', 'aws:RequestedRegion', 'us-east-1'))], 'no'],
    ['a condition on the instance', [allow(NEEDED, when('ArnLike', 'ec2:SourceInstanceARN', '*:instance/*'))], 'yes'],
    [
      'a condition that only a request shows',
      [allow(NEEDED, when('StringEquals', 'aws:SourceVpce', 'vpce-1'))],
      'unsure',
    ],
    [
      'a condition of an operator of another kind',
      [allow(NEEDED, when('DateLessThan', 'aws:PrincipalArn', '2030'))],
      'unsure',
    ],
    [
      'a denial under a condition that only a request shows',
      [allow(['*']), deny(['*'], when('StringNotEquals', 'aws:SourceVpce', 'vpce-1'))],
      'unsure',
    ],
    [
      'a denial outside a region that is the right one',
      [allow(['*']), deny(['*'], when('StringNotEquals', 'aws:RequestedRegion', 'eu-central-1'))],
      'yes',
    ],
    [
      'a variable',
      [allow(NEEDED, { Resource: `arn:aws:ec2:*:${'$'}{aws:PrincipalAccount}:*` }), allow(CHANNELS)],
      'unsure',
    ],
    ['a dot where there is none', [allow(['ssm.UpdateInstanceInformation', 'ssmmessages:*'])], 'no'],
    ['everything but some actions', [{ ...allow([]), Action: undefined, NotAction: ['iam:*', 'sts:*'] }], 'yes'],
    ['everything but one that is needed', [{ ...allow([]), Action: undefined, NotAction: ['ssm:Update*'] }], 'no'],
    ['a denial of everything else', [allow(['*']), { ...deny([]), Action: undefined, NotAction: ['ec2:*'] }], 'no'],
    ['nothing', [], 'no'],
    ['what nobody understands', [{ Effect: 'Perhaps' }], 'unsure'],
  ])('by %s', (_what, statements, expected) => {
    expect(roleRights(role(statements), AGENT).allows).toBe(expected);
  });

  it.each([
    ['allows all', [allow(['*'])], 'yes', false],
    ['leaves Systems Manager out', [allow(['ec2:*', 'eks:*'])], 'no', true],
    ['denies one of them', [allow(['*']), deny(['ssmmessages:*'])], 'no', true],
    [
      'hangs on what only a request shows',
      [allow(['*'], when('Bool', 'aws:MultiFactorAuthPresent', 'true'))],
      'unsure',
      true,
    ],
  ])('within a boundary that %s', (_what, boundary, allows, forbidden) => {
    expect(roleRights(role([allow(['*'])], boundary), AGENT)).toMatchObject({ allows, forbidden });
  });

  it('names the policy, the action and the key that an answer hangs on', () => {
    const why = (statements: object[], boundary?: object[]) => roleRights(role(statements, boundary), AGENT).why;
    expect(why([allow(['*']), deny(['ssm:Update*'])])).toBe('policy own denies ssm:UpdateInstanceInformation');
    expect(why([allow(['*'])], [allow(['s3:*'])])).toBe(
      'permissions boundary bound does not allow ssm:UpdateInstanceInformation',
    );
    expect(why([allow(NEEDED, when('StringEquals', 'aws:SourceVpce', 'vpce-1'))])).toBe(
      'whether policy own allows ssm:UpdateInstanceInformation hangs on aws:SourceVpce, which only a request shows',
    );
  });

  it('tells that a policy more would change nothing, and only then', () => {
    expect(roleRights(role([]), AGENT).forbidden).toBe(false);
    expect(roleRights(role([deny(['ssmmessages:*'])]), AGENT).forbidden).toBe(true);
    expect(roleRights(role([deny(['*'], when('Null', 'aws:SourceVpce', 'true'))]), AGENT).forbidden).toBe(true);
    expect(roleRights(role([deny(['s3:*'])]), AGENT).forbidden).toBe(false);
  });

  it.each([
    [[deny(['ssmmessages:Open*'])], 'policy own denies ssmmessages:OpenControlChannel'],
    [
      [deny(['*'], when('StringNotEquals', 'aws:SourceVpc', 'vpc-1'))],
      'no policy allows ssm:UpdateInstanceInformation, and whether policy own denies ssm:UpdateInstanceInformation hangs on aws:SourceVpc, which only a request shows',
    ],
    [
      [allow(NEEDED.slice(0, 1)), deny(CHANNELS.slice(1), when('Bool', 'aws:MultiFactorAuthPresent', 'false'))],
      'no policy allows ssmmessages:OpenControlChannel, and whether policy own denies ssmmessages:OpenControlChannel hangs on aws:MultiFactorAuthPresent, which only a request shows',
    ],
    [
      [allow(CHANNELS), deny(CHANNELS, when('Bool', 'aws:MultiFactorAuthPresent', 'false'))],
      'no policy allows ssm:UpdateInstanceInformation, and whether policy own denies ssmmessages:CreateControlChannel hangs on aws:MultiFactorAuthPresent, which only a request shows',
    ],
  ])('names what would make a policy more useless, whatever is missing besides: %j', (statements, why) => {
    expect(roleRights(role(statements), AGENT)).toMatchObject({ allows: 'no', forbidden: true, why });
  });

  it('tells registering from what sessions need', () => {
    const registering = roleRights(role([allow(['ssm:*'])]), AGENT);
    expect(registering).toMatchObject({ allows: 'no', registers: 'yes' });
  });
});

it('a policy of 10,000 stars costs no more than its length', () => {
  const stars = '*a'.repeat(10_000);
  const hostile = [allow([`ssm:${stars}b`, ...NEEDED], { Resource: [`${stars}b`, stars] })];
  const begun = performance.now();
  const statements = statementsOf(JSON.stringify({ Statement: hostile }));
  for (const question of questionsFor('ssm', AGENT)) judge(statements, question);
  expect(performance.now() - begun).toBeLessThan(500);
});
