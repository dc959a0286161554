import { describe, expect, it } from 'vitest';
import { allowsAll } from './observe-role.ts';

const allow = (Action: string[], more: object = {}) => ({ Effect: 'Allow' as const, Action, Resource: ['*'], ...more });
const AGENT = ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'];

describe('allowsAll', () => {
  it.each([
    ['the actions by name', [allow(AGENT)], true],
    ['the actions in other letters', [allow(AGENT.map((action) => action.toLowerCase()))], true],
    ['wildcards', [allow(['ssm:*', 'ssmmessages:*Channel'])], true],
    ['a question mark', [allow(['ss?:UpdateInstanceInformation', 'ssmmessages:*'])], true],
    ['everything', [allow(['*'])], true],
    ['several statements', [allow(AGENT.slice(0, 1)), allow(AGENT.slice(1))], true],
    ['one action too few', [allow(AGENT.slice(0, 2))], false],
    [
      'a denial beside it',
      [allow(['*']), { ...allow(['ssm:UpdateInstanceInformation']), Effect: 'Deny' as const }],
      false,
    ],
    ['only some resources', [allow(AGENT, { Resource: ['arn:aws:ssm:*:*:document/x'] })], false],
    ['only under a condition', [allow(AGENT, { Condition: { StringEquals: { 'aws:RequestedRegion': 'x' } } })], false],
    ['a dot where there is none', [allow(['ssm.UpdateInstanceInformation', 'ssmmessages:*'])], false],
    ['everything but some actions', [{ ...allow([]), NotAction: ['iam:*', 'organizations:*'] }], true],
    ['everything but one that is needed', [{ ...allow([]), NotAction: ['ssm:Update*'] }], false],
    [
      'a denial of everything else',
      [allow(['*']), { ...allow([]), Effect: 'Deny' as const, NotAction: ['ec2:*'] }],
      false,
    ],
    ['nothing', [], false],
  ])('%s', (_what, statements, expected) => {
    expect(allowsAll(statements)).toBe(expected);
  });
});
