import { IAMClient, NoSuchEntityException } from '@aws-sdk/client-iam';
import { expect, it } from 'vitest';
import { observeProfile } from './read-roles.ts';

/** IAM with a profile whose role has two policies, as far as these operations do not say that what they name is gone. */
function iamWithout(...gone: readonly string[]): IAMClient {
  const iam = new IAMClient({ region: 'eu-central-1' });
  iam.send = async ({ constructor: { name } }: { constructor: { name: string } }) => {
    const operation = name.replace(/Command$/, '');
    if (gone.includes(operation)) throw new NoSuchEntityException({ message: 'gone', $metadata: {} });
    const answers: Readonly<Record<string, object>> = {
      GetInstanceProfile: { InstanceProfile: { Roles: [{ RoleName: 'node' }] } },
      GetRole: { Role: { Arn: 'arn:aws:iam::111122223333:role/node' } },
      ListAttachedRolePolicies: { AttachedPolicies: [{ PolicyName: 'ours', PolicyArn: 'arn:ours' }] },
      ListRolePolicies: { PolicyNames: ['inline'] },
      GetPolicy: { Policy: { DefaultVersionId: 'v1' } },
    };
    return answers[operation] ?? {};
  };
  return iam;
}

it.each<[string[], string[]]>([
  [[], ['ours', 'inline']],
  [['GetRolePolicy'], ['ours']],
  [['GetPolicy'], ['inline']],
  [['GetPolicyVersion'], ['inline']],
])('takes no role for gone of which a policy was taken away since it was listed: %j', async (gone, policies) => {
  const { role, ...rest } = await observeProfile(
    iamWithout(...gone),
    'arn:aws:iam::111122223333:instance-profile/node',
  );
  expect(rest).toEqual({ name: 'node' });
  expect(role?.policies.map(({ name }) => name)).toEqual(policies);
});

it.each(['GetInstanceProfile', 'GetRole'])(
  'takes a profile for gone of which IAM knows no more: %s',
  async (operation) => {
    expect(await observeProfile(iamWithout(operation), 'arn:x/node')).toEqual({ name: 'node', gone: true });
  },
);
