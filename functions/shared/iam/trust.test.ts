import { expect, it } from 'vitest';
import { mayTrustEc2, mayTrustSystemsManager } from './trust.ts';

const allow = (Principal: unknown, Action: unknown = 'sts:AssumeRole') => ({ Effect: 'Allow', Principal, Action });

it.each<[string, object[], boolean]>([
  ['EC2', [allow({ Service: 'ec2.amazonaws.com' })], true],
  [
    'EC2 among others',
    [allow({ Service: ['ecs.amazonaws.com', 'ec2.amazonaws.com'] }, ['sts:TagSession', 'sts:Assume*'])],
    true,
  ],
  ['EC2 in China', [allow({ Service: 'ec2.amazonaws.com.cn' })], true],
  ['everybody', [allow('*')], true],
  ['everybody of AWS', [allow({ AWS: '*' })], true],
  ['EC2 in another statement', [allow({ AWS: 'arn:aws:iam::1:root' }), allow({ Service: 'ec2.amazonaws.com' })], true],
  ['another service', [allow({ Service: 'ecs-tasks.amazonaws.com' })], false],
  ['a host that only begins like it', [allow({ Service: 'ec2fleet.amazonaws.com' })], false],
  ['EC2 for another action', [allow({ Service: 'ec2.amazonaws.com' }, 'sts:TagSession')], false],
  ['EC2 in a denial', [{ ...allow({ Service: 'ec2.amazonaws.com' }), Effect: 'Deny' }], false],
  [
    'an identity provider',
    [allow({ Federated: 'arn:aws:iam::1:oidc-provider/x' }, 'sts:AssumeRoleWithWebIdentity')],
    false,
  ],
  ['nobody', [], false],
])('a trust policy that names %s', (_who, Statement, trusts) => {
  expect(mayTrustEc2(JSON.stringify({ Version: '2012-10-17', Statement }))).toBe(trusts);
});

it('a trust policy that cannot be read is no reason', () => {
  expect(mayTrustEc2('')).toBe(true);
  expect(mayTrustEc2('{')).toBe(true);
});

it('a role of Default Host Management trusts Systems Manager', () => {
  const trusts = (Principal: unknown) =>
    mayTrustSystemsManager(JSON.stringify({ Version: '2012-10-17', Statement: [allow(Principal)] }));
  expect(trusts({ Service: 'ssm.amazonaws.com' })).toBe(true);
  expect(trusts({ Service: 'ec2.amazonaws.com' })).toBe(false);
});
