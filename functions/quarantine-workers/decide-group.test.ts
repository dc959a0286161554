import { describe, expect, it } from 'vitest';
import { policySchema } from '../shared/policy.ts';
import { decideGroup, isPublicByDesign } from './decide-group.ts';
import { circumstances, group, IGNORED, wish } from './observation.fixture.ts';

const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
const web = { ...ssh, FromPort: 443, ToPort: 443 };
const open = group({ publicSubnets: ['subnet-1'], worldOpen: [{ groupId: 'sg-1', permissions: [ssh, web] }] });
const policy = (publicByDesign: object, mode = 'enforce') => circumstances({ quarantine: { mode, publicByDesign } });

describe('a group that is public by design', () => {
  it.each<[string, object]>([
    ['invalid', { nonsense: 1 }],
    ['killed', { killSwitch: true }],
    ['off', { quarantine: { mode: 'off' } }],
    ['for others', { scope: { clusters: ['x'] } }],
  ])('is not told of while the policy is %s: its workers say why', (_what, document) => {
    expect(decideGroup(open, circumstances(document))).toMatchObject({ silent: true, publicByDesign: false });
  });

  it.each([{ tags: IGNORED }, { tags: {}, unreadable: 'no' }])('is left alone when its owner says %o', (owner) => {
    expect(decideGroup({ ...open, owner }, policy({ revokeIngress: 'enforce' }))).toMatchObject({ silent: true });
  });

  it('is reported, and closed only as far as both modes allow', () => {
    const all = { revokeIngress: 'enforce', closeSubnets: 'enforce' };
    expect(decideGroup(open, policy({}))).toMatchObject({ decision: 'skipped', publicByDesign: true });
    expect(decideGroup(open, policy(all, 'observe'))).toMatchObject({ decision: 'would-act' });
    expect(decideGroup(open, policy(all, 'observe')).harden).toBeUndefined();
    expect(decideGroup(open, policy({ ...all, closeSubnets: 'off' })).harden?.subnets).toEqual([]);
    expect(decideGroup(open, policy(all)).harden).toEqual({
      subnets: ['subnet-1'],
      ingress: [{ groupId: 'sg-1', permissions: [ssh, web] }],
    });
    const allowedIngress = [{ protocol: 'tcp', fromPort: 443, toPort: 443 }];
    expect(decideGroup(open, policy({ ...all, allowedIngress })).harden?.ingress).toEqual([
      { groupId: 'sg-1', permissions: [ssh] },
    ]);
  });

  it('is opened again when an operator asks for it, and stays open', () => {
    const closed = { ingress: [], subnets: ['subnet-1'] };
    const asked = { ...open, state: { outcomes: 1, closed }, request: wish() };
    expect(decideGroup(asked, circumstances())).toMatchObject({
      decision: 'done',
      restore: true,
      publicByDesign: true,
    });
    expect(decideGroup({ ...open, request: wish() }, circumstances())).toMatchObject({ reason: 'request-refused' });
    const left = { ...open, state: { outcomes: 2, leftOpen: true } };
    expect(decideGroup(left, policy({ revokeIngress: 'enforce' })).harden).toBeUndefined();
  });
});

it.each([
  [1, 1, false],
  [2, 4, false],
  [3, 4, true],
  [2, 2, true],
])('with %i of %i workers exposed is public: %s', (count, size, expected) => {
  const exposed = Array.from({ length: count }, (_, n) => `i-${n}`);
  const { publicByDesign } = policySchema('enforce').parse({}).quarantine;
  expect(isPublicByDesign(group({ size, exposed }), { publicByDesign })).toBe(expected);
});
