import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policySchema } from '../../policy-document.ts';
import {
  arbitraryNetworkUser,
  circumstances,
  group,
  IGNORED,
  requested,
  workerUser,
} from '../model/observation.fixture.ts';
import type { NetworkUser } from '../model/observation.ts';
import { decideGroup } from './decide-group.ts';
import { isPublicByDesign } from './exposure-text.ts';

const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
const web = { ...ssh, FromPort: 443, ToPort: 443 };
const open = group({
  publicSubnets: ['subnet-1'],
  worldOpen: [{ groupId: 'sg-1', permissions: [ssh, web] }],
  users: new Map([
    ['sg-1', [workerUser(), { kind: 'control-plane', cluster: 'shop' }]],
    ['subnet-1', [workerUser()]],
  ]),
});
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

  it.each([{ tags: IGNORED }, { tags: {}, unreadable: 'no' }, { tags: {}, notAWorker: 'EKS has no such cluster.' }])(
    'is left alone when its owner says %o',
    (owner) => {
      const decision = decideGroup({ ...open, owner }, policy({ revokeIngress: 'enforce' }));
      expect(decision).toMatchObject({ silent: true, publicByDesign: false });
      expect(decision.harden).toBeUndefined();
    },
  );

  it('has subnets that another account shares told with that account, and left to it', () => {
    const sharedSubnets = new Map([['subnet-1', '999988887777']]);
    const told = decideGroup(
      { ...open, ipv6Subnets: ['subnet-1'], sharedSubnets },
      policy({ closeSubnets: 'enforce' }),
    );
    expect(told).toMatchObject({ decision: 'refused', reason: 'exposure-shared' });
    expect(told.harden).toBeUndefined();
    expect(told.message).toContain('subnet-1 of account 999988887777 hands out public addresses');
    const left = 'subnet-1 is left open: account 999988887777 owns it, and alone can change it.';
    expect(told.message.split(left)).toHaveLength(2);
    expect(decideGroup({ ...open, sharedSubnets }, policy({})).message).toContain('subnet-1 of account 999988887777');
  });

  it('is reported, and closed only as far as both modes allow', () => {
    const all = { revokeIngress: 'enforce', closeSubnets: 'enforce' };
    expect(decideGroup(open, policy({}))).toMatchObject({ decision: 'refused', publicByDesign: true });
    expect(decideGroup(open, policy(all, 'observe'))).toMatchObject({ decision: 'would-act' });
    expect(decideGroup(open, policy(all, 'observe')).harden).toBeUndefined();
    expect(decideGroup(open, policy({ ...all, closeSubnets: 'off' })).harden?.subnets).toEqual([]);
    expect(decideGroup(open, policy(all)).harden).toMatchObject({
      subnets: ['subnet-1'],
      ingress: [{ groupId: 'sg-1', permissions: [ssh, web] }],
    });
    const allowedIngress = [{ protocol: 'tcp', fromPort: 443, toPort: 443 }];
    expect(decideGroup(open, policy({ ...all, allowedIngress })).harden?.ingress).toEqual([
      { groupId: 'sg-1', permissions: [ssh] },
    ]);
  });

  it('is not said to expose replacements once nothing hands out addresses any more', () => {
    const closed = { ingress: [], subnets: ['subnet-1'] };
    const left = {
      ...open,
      publicSubnets: [],
      worldOpen: [],
      exposed: ['i-1', 'i-2', 'i-3'],
      state: { outcomes: 1, closed },
    };
    const decision = decideGroup(left, policy({ closeSubnets: 'enforce' }));
    expect(decision).toMatchObject({ decision: 'refused', reason: 'public-by-design', publicByDesign: true });
    expect(decision.message).toContain('by addresses from their launch');
    expect(decision.message).not.toContain('replacements would be exposed');
    expect(decision.hint).toMatch(/^Replace these workers/);
    expect(decideGroup(open, policy({})).hint).toBeUndefined();
  });

  it('is told with the EC2NodeClass where Karpenter launches its nodes, whose launch templates are nobody else’s', () => {
    const pool = { ...open, key: { ...open.key, nodegroup: 'karpenter:general' } };
    expect(decideGroup(pool, policy({})).hint).toMatch(/^Have the EC2NodeClass .*associatePublicIPAddress: false/);
  });

  it('is opened again when an operator asks for it, and stays open', () => {
    const closed = { ingress: [], subnets: ['subnet-1'] };
    const asked = { ...open, state: { outcomes: 1, closed }, request: requested() };
    expect(decideGroup(asked, circumstances())).toMatchObject({
      decision: 'done',
      restore: true,
      publicByDesign: true,
    });
    expect(decideGroup({ ...open, request: requested() }, circumstances())).toMatchObject({
      reason: 'request-refused',
    });
    const left = { ...open, state: { outcomes: 2, leftOpen: true } };
    expect(decideGroup(left, policy({ revokeIngress: 'enforce' })).harden).toBeUndefined();
  });

  it('is not refused to an operator whose request was granted and is delivered once more', () => {
    const request = requested();
    const { id } = request.trigger;
    expect(decideGroup({ ...open, request }, circumstances()).answers).toBe(id);
    const answered = { ...open, state: { outcomes: 2, leftOpen: true, answered: id }, request };
    expect(decideGroup(answered, circumstances())).toMatchObject({ silent: true, publicByDesign: true });
  });
});

describe('what others use', () => {
  const all = policy({ revokeIngress: 'enforce', closeSubnets: 'enforce' });
  const sharing = (users: Readonly<Record<string, readonly NetworkUser[]>>) => ({
    ...open,
    users: new Map([...open.users, ...Object.entries(users)]),
  });
  const optedOut = workerUser({ nodegroup: 'private', instanceId: 'i-2', owner: { tags: IGNORED } });
  const bastion: NetworkUser = { kind: 'instance', instanceId: 'i-9' };

  it.each<[string, NetworkUser]>([
    ['shop/private (opted out)', optedOut],
    ['i-2 (opted out)', workerUser({ instanceId: 'i-2', tags: IGNORED })],
    ['shop/web (unreadable)', workerUser({ owner: { tags: {}, unreadable: 'AccessDenied' } })],
    ['shop/web (unknown to EKS)', workerUser({ owner: { tags: {}, notAWorker: 'EKS has no such group.' } })],
    ['shop/web (EKS Auto Mode)', workerUser({ ownership: 'auto-mode' })],
    ['pay/web (of cluster pay)', workerUser({ cluster: 'pay' })],
    ['i-9 (no worker)', bastion],
    ['the control plane of pay (of cluster pay)', { kind: 'control-plane', cluster: 'pay' }],
    ['eni-9 (ELB app/shop/1)', { kind: 'interface', interfaceId: 'eni-9', description: 'ELB app/shop/1' }],
    ['eni-9 (no worker)', { kind: 'interface', interfaceId: 'eni-9', description: '' }],
  ])('keeps a security group open when it is %s, and is named', (name, user) => {
    const decision = decideGroup(sharing({ 'sg-1': [workerUser(), user] }), all);
    expect(decision.harden).toMatchObject({ ingress: [], subnets: ['subnet-1'] });
    expect(decision.message).toContain(
      `Closed: automatic addresses of subnet-1. sg-1 is left open: ${name} uses it too.`,
    );
  });

  it('keeps a subnet open for workers that must not be touched only', () => {
    const closing = policy({ closeSubnets: 'enforce' });
    expect(decideGroup(sharing({ 'subnet-1': [workerUser({ cluster: 'pay' })] }), closing).harden).toBeDefined();
    const decision = decideGroup(sharing({ 'subnet-1': [workerUser(), optedOut] }), closing);
    expect(decision).toMatchObject({ decision: 'refused', reason: 'exposure-shared', variant: 'subnet-1' });
    expect(decision.message).toContain('subnet-1 is left open: shop/private (opted out) uses it too.');
    expect(decision.harden).toBeUndefined();
  });

  it('is told of once, whoever comes and goes; and nothing is closed of which nobody knows who uses it', () => {
    const tell = (...users: NetworkUser[]) =>
      decideGroup(sharing({ 'sg-1': users }), policy({ revokeIngress: 'enforce' }));
    expect(tell(bastion).variant).toBe(tell(optedOut, optedOut).variant);
    const many = Array.from({ length: 7 }, (_, n): NetworkUser => ({ kind: 'instance', instanceId: `i-${n}` }));
    expect(tell(...many).message).toMatch(/: i-0 \(no worker\), .*i-4 \(no worker\) and 2 more use it too\.$/);
    const unread = { ...open, users: new Map(), usersUnreadable: 'UnauthorizedOperation: no' };
    expect(decideGroup(unread, all)).toMatchObject({
      reason: 'exposure-shared',
      message: expect.stringContaining('nobody knows who uses it (UnauthorizedOperation: no).'),
    });
  });

  it('and nothing that an opted-out or foreign user shares is ever closed, whatever is observed', () => {
    const modes = fc.constantFrom('enforce', 'observe', 'off');
    const ids = ['sg-1', 'sg-2', 'subnet-1', 'subnet-2'];
    const users = fc.dictionary(fc.constantFrom(...ids), fc.array(arbitraryNetworkUser, { maxLength: 3 }));
    const mayBeTouched = (user: NetworkUser) =>
      user.kind === 'worker' &&
      user.ownership !== 'auto-mode' &&
      !('eks-host-remediator:ignore' in { ...user.tags, ...user.owner.tags }) &&
      user.owner.unreadable === undefined &&
      user.owner.notAWorker === undefined;
    let closed = 0;
    fc.assert(
      fc.property(users, modes, modes, fc.boolean(), (byId, revokeIngress, closeSubnets, scoped) => {
        const observed = group({
          publicSubnets: ['subnet-1', 'subnet-2'],
          worldOpen: ['sg-1', 'sg-2'].map((groupId) => ({ groupId, permissions: [ssh] })),
          users: new Map(Object.entries(byId)),
        });
        const quarantine = { publicByDesign: { revokeIngress, closeSubnets } };
        const scope = scoped ? { clusters: ['shop'] } : {};
        const { harden } = decideGroup(observed, circumstances({ quarantine, scope }));
        for (const { groupId } of harden?.ingress ?? []) {
          const own = (user: NetworkUser) => user.kind === 'control-plane' || mayBeTouched(user);
          expect(byId[groupId]?.every((user) => 'cluster' in user && user.cluster === 'shop' && own(user))).toBe(true);
          closed += 1;
        }
        for (const id of harden?.subnets ?? []) {
          const workers = byId[id]?.filter((user) => user.kind === 'worker');
          expect(workers?.every((user) => mayBeTouched(user) && !(scoped && user.cluster !== 'shop'))).toBe(true);
          closed += 1;
        }
      }),
    );
    expect(closed).toBeGreaterThan(10);
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
