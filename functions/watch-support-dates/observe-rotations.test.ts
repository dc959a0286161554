import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { type CertificateAuthority, EKSClient } from '@aws-sdk/client-eks';
import { expect, it } from 'vitest';
import { certificate } from '../shared/fleet/certificates.fixture.ts';
import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { decideUserData } from './decide-user-data.ts';
import type { LaunchClients } from './group-launches.ts';
import { observeRotations } from './observe-rotations.ts';

const authority = (id: string, createdAt: string): CertificateAuthority => ({
  id,
  data: certificate(id),
  createdAt: new Date(createdAt),
  distributionStatus: 'COMPLETE',
});
const UserData = Buffer.from(`B64_CLUSTER_CA=${certificate('old')}\n`).toString('base64');

/** A cluster with a self-managed group that embeds the old authority, while EKS lists some authorities. */
async function observed(
  toldIn: readonly string[],
  authorities: readonly CertificateAuthority[],
  others: Readonly<Record<string, () => object>> = {},
  classes: ReadonlyMap<string, NodeClassState> = new Map(),
) {
  const answers: Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => object>> = {
    ListCertificateAuthorities: () => ({ certificateAuthorities: authorities }),
    DescribeCertificateAuthority: ({ certificateAuthorityId }) => ({
      certificateAuthority: authorities.find(({ id }) => id === certificateAuthorityId),
    }),
    ListNodegroups: () => ({ nodegroups: [] }),
    DescribeInstances: () => ({ Reservations: [] }),
    DescribeTags: () => ({ Tags: [] }),
    DescribeAutoScalingGroups: () => ({
      AutoScalingGroups: [
        { AutoScalingGroupName: 'batch', LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '1' }, Tags: [] },
      ],
    }),
    DescribeLaunchTemplates: () => ({ LaunchTemplates: [{ LaunchTemplateId: 'lt-1', LaunchTemplateName: 'batch' }] }),
    DescribeLaunchTemplateVersions: () => ({
      LaunchTemplateVersions: [
        { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'batch', VersionNumber: 1, LaunchTemplateData: { UserData } },
      ],
    }),
    ...others,
  };
  const send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: never }) =>
    answers[name.replace(/Command$/, '')]?.(input) ?? Promise.reject(new Error(name));
  const region = 'eu-central-1';
  const clients = {
    autoScaling: Object.assign(new AutoScalingClient({ region }), { send }),
    ec2: Object.assign(new EC2Client({ region }), { send }),
    eks: Object.assign(new EKSClient({ region }), { send }),
  } as unknown as LaunchClients;
  const fleet = { names: ['shop'], observations: [{ cluster: { name: 'shop' } }], decided: new Map() };
  const policy = { mode: 'observe' as const, margin: 1 };
  const troubles: unknown[] = [];
  const seen = await observeRotations(
    clients,
    fleet,
    policy,
    new Set(toldIn),
    async () => classes,
    (error) => troubles.push(error),
  );
  expect(troubles).toEqual([]);
  return seen;
}

it('user data that was told of is judged again once EKS has removed the former authority, and only then', async () => {
  const both = [authority('old', '2018-07-01'), authority('new', '2026-07-01')];
  const [during, after, untold] = [
    await observed([], both),
    await observed(['shop'], both.slice(1)),
    await observed([], both.slice(1)),
  ];
  const reasonIn = ({ groups, judgedBy }: typeof during) => {
    const [group] = groups.get('shop') ?? [];
    const rotation = judgedBy.get('shop');
    return group && rotation && decideUserData(group, rotation, undefined)?.reason;
  };
  expect([during, after, untold].map(reasonIn)).toEqual([
    'authority-in-user-data',
    'authority-in-user-data',
    undefined,
  ]);
  expect([during, after].map(({ rotations }) => rotations.has('shop'))).toEqual([true, false]);
});

it('nodes of a group with launch configurations are judged by the one that each was launched from', async () => {
  const both = [authority('old', '2018-07-01'), authority('new', '2026-07-01')];
  const launched = (InstanceId: string) => ({
    InstanceId,
    LaunchTime: new Date('2026-07-05'),
    Tags: [
      { Key: 'aws:eks:cluster-name', Value: 'shop' },
      { Key: 'kubernetes.io/cluster/shop', Value: 'owned' },
      { Key: 'aws:autoscaling:groupName', Value: 'batch' },
    ],
  });
  const { nodes, groups } = await observed([], both, {
    DescribeInstances: () => ({ Reservations: [{ Instances: ['i-1', 'i-2', 'i-3'].map(launched) }] }),
    DescribeAutoScalingGroups: () => ({
      AutoScalingGroups: [
        {
          AutoScalingGroupName: 'batch',
          LaunchConfigurationName: 'second',
          Instances: [
            { InstanceId: 'i-1', LaunchConfigurationName: 'first' },
            { InstanceId: 'i-2', LaunchConfigurationName: 'second' },
          ],
        },
      ],
    }),
    DescribeLaunchConfigurations: () => ({
      LaunchConfigurations: [
        { LaunchConfigurationName: 'first', UserData },
        { LaunchConfigurationName: 'second', UserData: '' },
      ],
    }),
  });
  expect(groups.get('shop')?.flatMap(({ sources }) => sources)).toMatchObject([
    { name: 'launch configuration second' },
  ]);
  expect(nodes.map(({ id, verdict }) => `${id} ${verdict?.kind}`)).toEqual(['i-1 former', 'i-2 trusts', 'i-3 unknown']);
});
