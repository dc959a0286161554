import { describe, expect, it } from 'vitest';
import { decideFirstSight, decideGone, decideGroup, isProblem, rememberedOf } from './decide.ts';
import { groupsOf, type HostGroup } from './group-hosts.ts';
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

  it.each([
    ['hosts-ami-deprecated', { isDeprecated: true }, 'Its owner has deprecated golden.'],
    [
      'hosts-ami-not-allowed',
      { isAllowed: false },
      'EC2 launches no more hosts from golden: the account does not allow it.',
    ],
    ['hosts-ami-not-allowed', { isDeprecated: true, isAllowed: false }, 'EC2 launches no more hosts from golden'],
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
