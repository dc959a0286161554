import type { DescribeAccessEntryResponse, ListAccessEntriesResponse } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';

const ROLE = 'arn:aws:iam::111122223333:role/team/remediator';
const GROUPS = ['eks-host-remediator'];

const account = (authenticationMode = 'API_AND_CONFIG_MAP') =>
  testAccount({
    clusters: [
      {
        name: 'c',
        version: '1.33',
        authenticationMode,
        nodeGroups: [{ name: 'g', desiredSize: 1, releaseVersion: '1.33.4-20260701' }],
      },
    ],
  });
const create = (at: TestAccount, input: object = {}) =>
  at.call('eks', 'CreateAccessEntry', { clusterName: 'c', principalArn: ROLE, kubernetesGroups: GROUPS, ...input });

describe('an access entry', () => {
  it('says as whom a cluster knows a role', () => {
    const at = account();
    expect(at.state.accessEntries.accessEntryOf('c', ROLE)).toBeUndefined();
    create(at);
    const { accessEntry } = at.call<DescribeAccessEntryResponse>('eks', 'DescribeAccessEntry', {
      clusterName: 'c',
      principalArn: ROLE,
    });
    expect(accessEntry).toMatchObject({
      clusterName: 'c',
      principalArn: ROLE,
      kubernetesGroups: GROUPS,
      username: 'arn:aws:sts::111122223333:assumed-role/remediator/{{SessionName}}',
      type: 'STANDARD',
      accessEntryArn: expect.stringMatching(
        /^arn:aws:eks:eu-central-1:111122223333:access-entry\/c\/role\/111122223333\/remediator\/[0-9a-f-]{36}$/,
      ),
    });
    expect(at.state.accessEntries.accessEntryOf('c', ROLE)).toEqual(accessEntry);
    expect(at.state.accessEntries.accessEntryOf('d', ROLE)).toBeUndefined();
  });

  it('is there for each node role of a managed group', () => {
    const at = account();
    create(at);
    const { accessEntries } = at.call<ListAccessEntriesResponse>('eks', 'ListAccessEntries', { clusterName: 'c' });
    expect(accessEntries).toEqual(['arn:aws:iam::111122223333:role/c-g-node', ROLE]);
    expect(at.state.accessEntries.accessEntryOf('c', 'arn:aws:iam::111122223333:role/c-g-node')).toMatchObject({
      type: 'EC2_LINUX',
      username: 'system:node:{{EC2PrivateDNSName}}',
    });
  });

  it('counts for nothing in a cluster that only knows its ConfigMap', () => {
    const at = account('CONFIG_MAP');
    for (const call of [() => create(at), () => at.call('eks', 'ListAccessEntries', { clusterName: 'c' })]) {
      expect(refusal(call)).toMatchObject({ code: 'InvalidRequestException', status: 400 });
    }
    expect(at.state.accessEntries.accessEntryOf('c', 'arn:aws:iam::111122223333:role/c-g-node')).toBeUndefined();
  });

  it.each([
    ['a cluster that is not there', { clusterName: 'x' }, 'ResourceNotFoundException', 404],
    ['what is no principal', { principalArn: 'arn:aws:s3:::x' }, 'InvalidParameterException', 400],
    ['a group of Kubernetes itself', { kubernetesGroups: ['system:masters'] }, 'InvalidParameterException', 400],
    ['an unknown type', { type: 'ADMIN' }, 'InvalidParameterException', 400],
    ['groups for nodes', { type: 'EC2_LINUX' }, 'InvalidParameterException', 400],
  ])('is refused for %s', (_what, input, code, status) => {
    expect(refusal(() => create(account(), input))).toMatchObject({ code, status });
  });

  it('is there once', () => {
    const at = account();
    create(at);
    expect(refusal(() => create(at))).toMatchObject({ code: 'ResourceInUseException', status: 409 });
    const missing = { clusterName: 'c', principalArn: `${ROLE}2` };
    expect(refusal(() => at.call('eks', 'DescribeAccessEntry', missing))).toMatchObject({
      code: 'ResourceNotFoundException',
      status: 404,
    });
  });
});
