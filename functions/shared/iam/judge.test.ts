import { expect, it } from 'vitest';
import { judge } from './judge.ts';
import { statementsOf } from './policy-statements.ts';

const ROLE = 'arn:aws:iam::111122223333:role/nodes/web';

it.each([
  ['a session of the role, whose name may be another', 'arn:aws:sts::111122223333:assumed-role/web/i-0f3a', 'unsure'],
  ['a session of another role', 'arn:aws:sts::111122223333:assumed-role/batch/i-0f3a', 'no'],
  ['a session of a role of that name in another account', 'arn:aws:sts::444455556666:assumed-role/web/i-0f3a', 'no'],
  ['the role', ROLE, 'yes'],
  ['the account', '111122223333', 'yes'],
])('a statement that names %s', (_, named, expected) => {
  const statement = { Effect: 'Allow', Principal: { AWS: named }, Action: 'ssm:*', Resource: '*' };
  const question = { action: 'ssm:UpdateInstanceInformation', resource: '*', context: {}, principal: ROLE };
  expect(judge(statementsOf(JSON.stringify({ Statement: [statement] })), question).allowed).toBe(expected);
});
