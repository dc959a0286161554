import type {
  GetInstanceProfileResponse,
  GetPolicyResponse,
  GetPolicyVersionResponse,
  GetRolePolicyResponse,
  GetRoleResponse,
  ListAttachedRolePoliciesResponse,
  ListRolePoliciesResponse,
} from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';

const AWS = 'arn:aws:iam::aws:policy';
const OWN = 'arn:aws:iam::111122223333';
const CORE = `${AWS}/AmazonSSMManagedInstanceCore`;
const RELEASE = '1.33.4-20260701';

const fleet = {
  clusters: [
    {
      name: 'c',
      version: '1.33',
      nodeGroups: [
        { name: 'good', desiredSize: 1, releaseVersion: RELEASE },
        { name: 'bare', desiredSize: 1, releaseVersion: RELEASE, ssm: { managedPolicy: false } },
        {
          name: 'inline',
          desiredSize: 1,
          releaseVersion: RELEASE,
          ssm: { managedPolicy: false, otherPolicy: 'inline' },
        },
        {
          name: 'own',
          desiredSize: 1,
          releaseVersion: RELEASE,
          ssm: { managedPolicy: false, otherPolicy: 'customer-managed' },
        },
        { name: 'none', desiredSize: 1, releaseVersion: RELEASE, ssm: { instanceProfile: false } },
      ],
    },
  ],
};

const call = <Output>(at: TestAccount, operation: string, input: object) => at.call<Output>('iam', operation, input);
const attached = (at: TestAccount, RoleName: string, more: object = {}) =>
  call<ListAttachedRolePoliciesResponse>(at, 'ListAttachedRolePolicies', { RoleName, ...more });
const attach = (at: TestAccount, RoleName: string, PolicyArn: string) =>
  call(at, 'AttachRolePolicy', { RoleName, PolicyArn });

describe('GetInstanceProfile', () => {
  it('leads from an instance to its role', () => {
    const at = testAccount(fleet);
    const instance = at.state.instances.list().find(({ tags }) => tags.get('eks:nodegroup-name') === 'bare');
    const InstanceProfileName = instance?.instanceProfile;
    const { InstanceProfile } = call<GetInstanceProfileResponse>(at, 'GetInstanceProfile', { InstanceProfileName });
    expect(InstanceProfile).toMatchObject({
      Path: '/',
      InstanceProfileName,
      InstanceProfileId: expect.stringMatching(/^AIPA[0-9A-F]{17}$/),
      Arn: `${OWN}:instance-profile/${InstanceProfileName}`,
      Roles: [{ RoleName: 'c-bare-node', Arn: `${OWN}:role/c-bare-node` }],
    });
  });

  it('is there only where the fleet file says so', () => {
    const at = testAccount(fleet);
    expect(at.state.instances.list().filter(({ instanceProfile }) => instanceProfile === undefined)).toHaveLength(1);
    expect(refusal(() => call(at, 'GetInstanceProfile', { InstanceProfileName: 'x' }))).toMatchObject({
      code: 'NoSuchEntity',
      status: 404,
      message: 'Instance Profile x cannot be found.',
    });
  });
});

describe('a role', () => {
  it('tells who may assume it, percent-encoded', () => {
    const { Role } = call<GetRoleResponse>(testAccount(fleet), 'GetRole', { RoleName: 'c-good-node' });
    expect(Role?.AssumeRolePolicyDocument).toMatch(/^%7B%22Version%22/);
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toMatchObject({
      Statement: [{ Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    });
  });

  it.each([
    ['good', true],
    ['bare', false],
  ])('of the group %s has the agent’s policy: %s', (group, has) => {
    const { AttachedPolicies = [], IsTruncated } = attached(testAccount(fleet), `c-${group}-node`);
    expect(AttachedPolicies.map(({ PolicyArn }) => PolicyArn)).toEqual([
      `${AWS}/AmazonEC2ContainerRegistryPullOnly`,
      `${AWS}/AmazonEKSWorkerNodePolicy`,
      `${AWS}/AmazonEKS_CNI_Policy`,
      ...(has ? [CORE] : []),
    ]);
    expect(IsTruncated).toBe(false);
  });

  it('lists its policies page by page', () => {
    const at = testAccount(fleet);
    const first = attached(at, 'c-good-node', { MaxItems: 3 });
    const second = attached(at, 'c-good-node', { MaxItems: 3, Marker: first.Marker });
    expect([first, second].map(({ AttachedPolicies }) => AttachedPolicies?.length)).toEqual([3, 1]);
    expect([first, second].map(({ IsTruncated }) => IsTruncated)).toEqual([true, false]);
    expect(second.Marker).toBeUndefined();
    expect(attached(at, 'c-good-node', { PathPrefix: '/service-role/' }).AttachedPolicies).toEqual([]);
  });

  it('may have inline policies, and managed ones of the account’s own', () => {
    const at = testAccount(fleet);
    const RoleName = 'c-inline-node';
    expect(call<ListRolePoliciesResponse>(at, 'ListRolePolicies', { RoleName }).PolicyNames).toEqual(['agent']);
    const { PolicyDocument = '' } = call<GetRolePolicyResponse>(at, 'GetRolePolicy', { RoleName, PolicyName: 'agent' });
    expect(decodeURIComponent(PolicyDocument)).toContain('"ssm:UpdateInstanceInformation"');

    const PolicyArn = `${OWN}:policy/c-own-node-agent`;
    expect(attached(at, 'c-own-node').AttachedPolicies).toContainEqual({ PolicyName: 'c-own-node-agent', PolicyArn });
    const { Policy } = call<GetPolicyResponse>(at, 'GetPolicy', { PolicyArn });
    expect(Policy).toMatchObject({ DefaultVersionId: 'v1', AttachmentCount: 1, IsAttachable: true });
    const version = { PolicyArn, VersionId: 'v1' };
    const { PolicyVersion } = call<GetPolicyVersionResponse>(at, 'GetPolicyVersion', version);
    expect(decodeURIComponent(PolicyVersion?.Document ?? '')).toContain('"ssm:UpdateInstanceInformation"');
  });

  it.each([
    ['GetRole', { RoleName: 'x' }, 'NoSuchEntity', 404],
    ['ListAttachedRolePolicies', { RoleName: 'x' }, 'NoSuchEntity', 404],
    ['ListAttachedRolePolicies', { RoleName: 'c-good-node', MaxItems: 1001 }, 'ValidationError', 400],
    ['ListAttachedRolePolicies', { RoleName: 'c-good-node', Marker: 'x' }, 'ValidationError', 400],
    ['GetRolePolicy', { RoleName: 'c-good-node', PolicyName: 'x' }, 'NoSuchEntity', 404],
    ['GetPolicy', { PolicyArn: `${AWS}/Nonsense` }, 'NoSuchEntity', 404],
    ['GetPolicy', { PolicyArn: 'arn:aws:s3:::nonsense' }, 'InvalidInput', 400],
    ['GetPolicyVersion', { PolicyArn: CORE, VersionId: 'v1' }, 'NoSuchEntity', 404],
  ])('%s refuses %o', (operation, input, code, status) => {
    expect(refusal(() => call(testAccount(fleet), operation, input))).toMatchObject({ code, status });
  });
});

describe('AttachRolePolicy', () => {
  it('attaches a policy once, however often it is asked for', () => {
    const at = testAccount(fleet);
    attach(at, 'c-bare-node', CORE);
    attach(at, 'c-bare-node', CORE);
    const { AttachedPolicies = [] } = attached(at, 'c-bare-node');
    expect(AttachedPolicies.filter(({ PolicyArn }) => PolicyArn === CORE)).toHaveLength(1);
  });

  it('asks IAM for the role, under the condition of the policy', () => {
    const { permissions } = testAccount(fleet).service('iam').operations.AttachRolePolicy ?? {};
    expect(permissions?.({ RoleName: 'c-bare-node', PolicyArn: CORE } as never)).toEqual([
      {
        action: 'iam:AttachRolePolicy',
        resource: `${OWN}:role/c-bare-node`,
        context: { 'iam:PolicyARN': CORE },
      },
    ]);
  });

  it.each([
    ['a role that does not exist', 'x', CORE, 'NoSuchEntity', 404],
    ['a policy that does not exist', 'c-bare-node', `${AWS}/Nonsense`, 'NoSuchEntity', 404],
    ['a policy for service-linked roles', 'c-bare-node', `${AWS}/aws-service-role/X`, 'PolicyNotAttachable', 400],
    ['an ARN that is too short', 'c-bare-node', 'arn', 'ValidationError', 400],
    ['an ARN that is none', 'c-bare-node', 'AmazonSSMManagedInstanceCore', 'InvalidInput', 400],
  ])('refuses %s', (_what, role, policy, code, status) => {
    expect(refusal(() => attach(testAccount(fleet), role, policy))).toMatchObject({ code, status });
  });

  it('refuses the eleventh policy', () => {
    const at = testAccount(fleet);
    for (let number = 1; number <= 7; number += 1) {
      attach(at, 'c-bare-node', at.state.iam.addPolicy(`own-${number}`, { Version: '2012-10-17', Statement: [] }));
    }
    expect(refusal(() => attach(at, 'c-bare-node', CORE))).toMatchObject({
      code: 'LimitExceeded',
      status: 409,
      message: 'Cannot exceed quota for PoliciesPerRole: 10',
    });
  });
});
