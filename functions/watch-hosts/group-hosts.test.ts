import { describe, expect, it } from 'vitest';
import { groupsOf, memberOf } from './group-hosts.ts';
import { hostWith, instanceWith, memberWith } from './host-group.fixture.ts';

describe('the group of a host', () => {
  const groupOf = (changes: Readonly<Record<string, string | undefined>>, host = {}) => {
    const instance = instanceWith(changes);
    const { kind, nodegroup } = memberOf(instance, hostWith(host, instance)) ?? {};
    return [kind, nodegroup];
  };

  it.each([
    ['a managed node group', {}, ['managed', 'web']],
    [
      'an Auto Scaling group',
      { 'eks:nodegroup-name': undefined, 'aws:autoscaling:groupName': 'batch' },
      ['self-managed', 'self-managed:batch'],
    ],
    ['a managed node group, whose tag somebody removed', { 'eks:nodegroup-name': undefined }, ['managed', 'web']],
    [
      'a node pool',
      { 'eks:nodegroup-name': undefined, 'aws:autoscaling:groupName': undefined, 'karpenter.sh/nodepool': 'spot' },
      ['karpenter', 'karpenter:spot'],
    ],
    ['a group that it was detached from', { 'aws:autoscaling:groupName': undefined }, ['stray', undefined]],
  ])('is %s', (_, changes, expected) => {
    expect(groupOf(changes)).toEqual(expected);
  });

  it('is none for a host that opted out, or that only claims to be a worker of a group', () => {
    expect(groupOf({ 'eks-host-remediator:ignore': '' })).toEqual([undefined, undefined]);
    const claims = { 'aws:eks:cluster-name': undefined, 'aws:autoscaling:groupName': 'bastions' };
    expect(groupOf(claims)).toEqual([undefined, undefined]);
  });

  it('is a stray’s where tags alone say so', () => {
    expect(groupOf({ 'aws:eks:cluster-name': undefined, 'aws:autoscaling:groupName': undefined })[0]).toBe('stray');
  });

  it('waits for EC2 to know the AMI, and not for that of EKS Auto Mode, which it never tells', () => {
    expect(groupOf({}, { isDeprecated: undefined })).toEqual([undefined, undefined]);
    const ofEks = { ...instanceWith(), Operator: { Managed: true, Principal: 'eks.amazonaws.com' } };
    expect(memberOf(ofEks, hostWith({ isDeprecated: undefined }, ofEks))?.kind).toBe('auto-mode');
  });
});

describe('what a group runs', () => {
  const only = (...members: ReturnType<typeof memberWith>[]) => [...groupsOf(members).values()];

  it('is told once for each AMI, with system and age, and with what speaks against it', () => {
    const old = { imageId: 'ami-0', name: 'golden', system: { os: 'Linux' }, isDeprecated: true, isAllowed: false };
    expect(only(memberWith(), memberWith(old), memberWith())).toEqual([
      {
        cluster: 'shop',
        kind: 'managed',
        nodegroup: 'web',
        hosts: 3,
        runs: [
          'amazon-eks-node-al2023-x86_64-standard-1.34-v20260714 (Amazon Linux 2023, made on 2026-07-14)',
          'golden (Linux, made on 2026-07-14, deprecated, not allowed)',
        ],
        deprecated: ['golden'],
        notAllowed: ['golden'],
        withdrawn: [],
        systems: new Map([
          ['Amazon Linux 2023', 2],
          ['Linux', 1],
        ]),
      },
    ]);
  });

  it('names a system that is made for containers alone', () => {
    const [group] = only(memberWith({ name: 'br', system: { os: 'Bottlerocket', containerOptimized: true } }));
    expect(group?.runs).toEqual(['br (Bottlerocket, made for containers alone, made on 2026-07-14)']);
  });

  it('does not depend on the order of the hosts', () => {
    const [one, other] = [memberWith(), memberWith({ name: 'golden', imageId: 'ami-0' })];
    expect(only(one, other)).toEqual(only(other, one));
  });

  it('names each stray, and keeps the groups of clusters apart', () => {
    const { nodegroup: _, ...stray } = memberWith({}, { kind: 'stray', instanceId: 'i-2' });
    const groups = groupsOf([stray, memberWith({}, { cluster: 'search' })]);
    expect([...groups.keys()]).toEqual(['shop/*stray', 'search/web']);
    expect(groups.get('shop/*stray')?.runs).toEqual([expect.stringMatching(/^i-2 with amazon-eks-node/)]);
  });
});
