import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { circumstances, group, IGNORED, workerUser } from '../model/observation.fixture.ts';
import type { NetworkUser } from '../model/observation.ts';
import { decideShellIngress } from './decide.ts';
import { openRules, type ShellIngress } from './observe.ts';

const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '203.0.113.0/24' }] };
const worker = workerUser();
const { instanceId } = worker as NetworkUser & { kind: 'worker' };
const open: ShellIngress = {
  ...group(),
  rules: [{ groupId: 'sg-1', permissions: [ssh] }],
  wide: [],
  users: new Map([['sg-1', [worker, { kind: 'control-plane', cluster: 'shop' }]]]),
  waived: [],
  leftOpen: new Set(),
  answering: new Set([instanceId]),
};
const policy = (revokeShellIngress: string, mode = 'enforce') =>
  circumstances({ quarantine: { mode, revokeShellIngress } });
const decide = (found: Partial<ShellIngress>, under = policy('enforce')) =>
  decideShellIngress({ ...open, ...found }, under);

describe('a rule that lets public addresses in at 22', () => {
  it('is revoked in mode enforce, told of by default, and left alone where the policy or the section is off', () => {
    expect(decide({})).toMatchObject({
      reason: 'shell-ingress-closed',
      harden: { ingress: [{ groupId: 'sg-1', permissions: [ssh] }], subnets: [] },
    });
    const byDefault = decide({}, circumstances({ quarantine: { mode: 'enforce' } }));
    expect(byDefault).toMatchObject({ decision: 'would-act', reason: 'would-close-shell-ingress' });
    expect(byDefault.harden).toBeUndefined();
    expect(decide({}, policy('enforce', 'observe')).harden).toBeUndefined();
    for (const off of [policy('off'), policy('enforce', 'off'), circumstances({ killSwitch: true })])
      expect(decide({}, off).harden).toBeUndefined();
    expect(decide({}, policy('off')).silent).toBe(true);
    expect(decide({ owner: { tags: IGNORED } })).toMatchObject({ silent: true });
  });

  it.each<[string, Partial<ShellIngress>, RegExp]>([
    ['the agent of a worker behind it does not answer', { answering: new Set() }, /its SSM agent does not answer/],
    [
      'an instance that is no worker uses its group',
      { users: new Map([['sg-1', [worker, { kind: 'instance', instanceId: 'i-9' }]]]) },
      /i-9 \(no worker\)/,
    ],
    [
      'nobody knows who uses its group',
      { users: new Map(), usersUnreadable: 'UnauthorizedOperation: no' },
      /nobody knows/,
    ],
    ['it opens other ports, too', { rules: [], wide: ['all of sg-1'] }, /all of sg-1 opens other ports too/],
  ])('stays where %s, and that is said', (_why, found, words) => {
    const decision = decide(found);
    expect(decision).toMatchObject({ decision: 'refused', reason: 'shell-ingress-stays' });
    expect(decision.message).toMatch(words);
    expect(decision.harden).toBeUndefined();
  });

  describe('of a security group that another group of the cluster shares', () => {
    const bastion = workerUser({ nodegroup: 'bastion' });
    const shared = { users: new Map([['sg-1', [worker, bastion]]]) };
    const under = (revokeShellIngress: string, mode: string) =>
      circumstances({
        quarantine: { mode: 'enforce', revokeShellIngress: mode },
        overrides: [{ name: 'b', match: { nodegroups: ['bastion'] }, quarantine: { revokeShellIngress } }],
      });

    it.each<[string, Partial<ShellIngress>, ReturnType<typeof policy>, RegExp]>([
      ['a waiver is about it', { waived: ['bastion'] }, policy('enforce'), /shop\/bastion \(waived\)/],
      ['it was given back', { leftOpen: new Set(['shop/bastion']) }, policy('enforce'), /given back by an operator/],
      ['the policy leaves it alone', {}, under('off', 'enforce'), /bastion \(its policy says off\)/],
      ['the policy only observes it', {}, under('observe', 'enforce'), /bastion \(its policy says observe\)/],
    ])('stays where %s', (_why, found, given, words) => {
      const decision = decide({ ...shared, ...found }, given);
      expect(decision).toMatchObject({ decision: 'refused', reason: 'shell-ingress-stays' });
      expect(decision.message).toMatch(words);
    });

    it('is revoked where all want the same, and told of where only the group itself is observed', () => {
      expect(decide(shared).harden).toBeDefined();
      expect(decide({ ...shared, waived: ['batch'], leftOpen: new Set(['pay/bastion']) }).harden).toBeDefined();
      expect(decide(shared, under('enforce', 'observe'))).toMatchObject({ reason: 'would-close-shell-ingress' });
    });
  });

  it('stays once an operator had it given back, and its end is told only where its begin was', () => {
    expect(decide({ state: { outcomes: 1, leftOpen: true } })).toMatchObject({ reason: 'shell-ingress-left-open' });
    expect(decide({ rules: [] })).toMatchObject({ silent: true });
    const told = { outcomes: 0, shellIngress: { outcomes: 1, fingerprint: 'shell-ingress-closed' } };
    expect(decide({ rules: [], state: told })).toMatchObject({ decision: 'done', silent: false });
  });

  it('is revoked only where each worker behind it answers, whoever they are', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(ids, ids, (behind, answering) => {
        const users = behind.map((id) => workerUser({ instanceId: `i-${id}` }));
        const decision = decide({
          users: new Map([['sg-1', users]]),
          answering: new Set(answering.map((id) => `i-${id}`)),
        });
        expect(decision.harden !== undefined).toBe(behind.every((id) => answering.includes(id)));
      }),
    );
  });
});

describe('the rules that let public addresses in at ports of shells', () => {
  const rules = (...IpPermissions: object[]) =>
    openRules({ GroupId: 'sg-1', IpPermissions }, ['198.51.100.0/24', '10.0.0.0/16']);

  it('are those for 22 and 3389 alone, each with its public sources from outside of the VPC', () => {
    const sources = ['10.1.0.0/16', '198.51.100.7/32', '203.0.113.9/32'].map((CidrIp) => ({
      CidrIp,
      Description: 'x',
    }));
    const found = rules(
      {
        ...ssh,
        IpRanges: sources,
        Ipv6Ranges: [{ CidrIpv6: 'fd00::/8' }, { CidrIpv6: '::/0' }],
        UserIdGroupPairs: [{ GroupId: 'sg-2' }],
      },
      { ...ssh, FromPort: 3389, ToPort: 3389 },
      { ...ssh, FromPort: 443, ToPort: 443 },
      { ...ssh, IpProtocol: 'udp' },
      { ...ssh, IpRanges: [{ CidrIp: '192.168.0.0/16' }] },
    );
    expect(found.wide).toEqual([]);
    expect(found.narrow).toEqual([
      { ...ssh, IpRanges: [{ CidrIp: '203.0.113.9/32', Description: 'x' }], Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { ...ssh, FromPort: 3389, ToPort: 3389 },
    ]);
  });

  it('are not revoked where they open more: all traffic, or a range', () => {
    const found = rules({ IpProtocol: '-1', IpRanges: ssh.IpRanges }, { ...ssh, FromPort: 0, ToPort: 65_535 });
    expect(found.narrow).toEqual([]);
    expect(found.wide).toHaveLength(2);
  });
});
