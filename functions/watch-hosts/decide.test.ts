import { describe, expect, it } from 'vitest';
import { decideFirstSight, decideGone, decideGroup, isProblem, rememberedOf } from './decide.ts';
import { groupsOf, type HostGroup, otherGroupsOf } from './group-hosts.ts';
import { memberWith } from './host-group.fixture.ts';

const OLD = { imageId: 'ami-0', name: 'golden', system: { os: 'Linux' }, createdAt: undefined };

function groupWith(...hosts: object[]): HostGroup {
  const [group] = groupsOf(hosts.map((host) => memberWith(host))).values();
  if (group === undefined) throw new TypeError('A group has hosts.');
  return group;
}

describe('what is told of a group', () => {
  it('names what its hosts run, and what they ran before', () => {
    const before = rememberedOf(groupWith(OLD));
    const { message, details, ...decision } = decideGroup(groupWith({}, {}), before);
    expect(decision).toMatchObject({ decision: 'skipped', reason: 'hosts-changed' });
    expect(message).toBe(
      '2 hosts of a managed node group run amazon-eks-node-al2023-x86_64-standard-1.34-v20260714 (Amazon Linux 2023, made on 2026-07-14). Before, it was golden (Linux).',
    );
    expect(details).toMatchObject({ kind: 'managed', hosts: 2, before: ['golden (Linux)'] });
  });

  it('says of a group that was not there that it is new', () => {
    expect(decideGroup(groupWith(OLD), undefined).message).toBe(
      '1 host of a managed node group runs golden (Linux). It is new.',
    );
  });

  it('is the same whatever the number of hosts, and another one for another AMI', () => {
    const variantOf = (...hosts: object[]) => decideGroup(groupWith(...hosts), []).variant;
    expect(variantOf({}, {})).toBe(variantOf({}));
    expect(variantOf({})).not.toBe(variantOf(OLD));
    expect(variantOf({})).not.toBe(variantOf({}, OLD));
  });

  it('tells an AMI that comes, and not each day which of the AMIs of a mixed pool run', () => {
    const known = rememberedOf(groupWith({}, OLD));
    const fingerprintOf = (group: HostGroup) => {
      const { reason, variant } = decideGroup(group, known);
      return `${reason} ${variant}`;
    };
    const told = fingerprintOf(groupWith({}, OLD));
    expect(rememberedOf(groupWith(OLD), known)).toEqual(known);
    expect([fingerprintOf(groupWith(OLD)), fingerprintOf(groupWith({}))]).toEqual([told, told]);
    for (const news of [
      { imageId: 'ami-1', name: 'golden-2' },
      { ...OLD, isDeprecated: true },
    ]) {
      expect(fingerprintOf(groupWith(OLD, news))).not.toBe(told);
      expect(rememberedOf(groupWith(OLD, news), known)).toEqual(groupWith(OLD, news).runs);
    }
  });

  it('ends the problem of an AMI that no host runs any more, although it was known', () => {
    const known = rememberedOf(groupWith({}, { ...OLD, isDeprecated: true }));
    expect(decideGroup(groupWith({}), known)).toMatchObject({ decision: 'skipped', reason: 'hosts-changed' });
  });

  it('tells when the last old kubelet of hybrid nodes is gone', () => {
    const node = { name: 'mi-1', kind: 'hybrid' as const, osImage: 'Ubuntu', ready: true };
    const groupOf = (...versions: string[]): HostGroup => {
      const nodes = versions.map((kubeletVersion) => ({ ...node, kubeletVersion }));
      const [group] = otherGroupsOf('shop', nodes).values();
      if (group === undefined) throw new TypeError('A group has nodes.');
      return group;
    };
    const known = rememberedOf(groupOf('v1.33.9', 'v1.34.0'));
    expect(rememberedOf(groupOf('v1.34.0'), known)).toEqual(['Ubuntu with kubelet v1.34.0']);
  });

  it.each([
    ['hosts-ami-deprecated', { isDeprecated: true }, 'Its owner has deprecated golden.'],
    [
      'hosts-ami-not-allowed',
      { isAllowed: false },
      'EC2 launches no more hosts from golden: the account does not allow it.',
    ],
    ['hosts-ami-not-allowed', { isDeprecated: true, isAllowed: false }, 'EC2 launches no more hosts from golden'],
    [
      'hosts-ami-withdrawn',
      { isDeprecated: true, isAllowed: false, withdrawn: 'deregistered' as const },
      'EC2 launches no more hosts from golden (deregistered).',
    ],
  ])('is a problem (%s) until it is over', (reason, state, words) => {
    const decision = decideGroup(groupWith({ ...OLD, ...state }), ['golden (Linux)']);
    expect(decision).toMatchObject({ decision: 'refused', reason });
    expect(decision.message).toContain(words);
    expect(isProblem(`${decision.reason} ${decision.variant}`)).toBe(true);
    expect(isProblem('hosts-changed 0a1b')).toBe(false);
    expect(decideGone('no-hosts')).toMatchObject({ decision: 'done', reason: 'hosts-gone' });
  });
});

it('the first sight of a cluster counts its hosts by owner and by system', () => {
  const { nodegroup: _, ...stray } = memberWith(OLD, { kind: 'stray' });
  const groups = groupsOf([memberWith(), memberWith(), stray]);
  expect(decideFirstSight([...groups.values()])).toMatchObject({
    decision: 'skipped',
    reason: 'hosts-seen',
    message:
      'The cluster has 3 hosts: 2 in 1 managed node group, 1 in no group. They run Amazon Linux 2023 (2), Linux (1).',
    details: { owners: { managed: 2, stray: 1 }, systems: { 'Amazon Linux 2023': 2, Linux: 1 } },
  });
});
