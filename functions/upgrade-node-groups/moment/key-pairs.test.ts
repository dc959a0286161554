import { describe, expect, it } from 'vitest';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { decide } from '../decide/decide.ts';
import type { Decision } from '../model/decision.ts';
import { HOUR, NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import type { KeyPairSeen } from '../model/preflight.ts';
import { policyOf } from '../policy.fixture.ts';
import { withoutKeyPair } from './key-pairs.ts';

const KEY = { cluster: 'shop', nodegroup: 'general' };
const template = {
  templateId: 'lt-0123456789abcdef0',
  templateName: 'nodes',
  version: 3,
  tags: {},
  data: { KeyName: 'ops', UserData: 'TUlNRQ==' },
};
const seen = (change: Partial<Extract<KeyPairSeen, { kind: 'named' }>> = {}): KeyPairSeen => ({
  kind: 'named',
  keyName: 'ops',
  template,
  agents: { kind: 'read', nodes: 2, silent: [] },
  ...change,
});
const policy = (keyPairs: object, more: object = {}) => policyOf({ upgrades: { keyPairs }, ...more });
const ENFORCE = { mode: 'enforce', templates: 'change' };
const FIRST = { now: NOW, isFirstTry: true, isApproved: true, groupTags: {} };

describe('the key pair of a launch template', () => {
  it('is left out of a version for new nodes, in mode enforce', () => {
    const said = withoutKeyPair(KEY, seen(), policy(ENFORCE), FIRST);
    expect(said.template).toEqual({ from: template, change: { withoutKeyPair: true } });
    expect(said.message).toMatch(/New nodes get no key pair.*The way back is version 3\.$/);
  });

  const waiver = (until: number, nodegroup = 'general') => ({
    posture: {
      waivers: [
        { id: 'W-1', check: 'SSH.2', nodegroup, reason: 'break glass', who: 'ops', until: iso(until).slice(0, 10) },
      ],
    },
  });
  const terraform = { ...template, tags: { ManagedBy: 'terraform' } };
  const silent = { kind: 'read', nodes: 2, silent: ['i-1'] } as const;
  it.each([
    ['by default', seen(), policy({}), FIRST, 'no tag says who manages the template'],
    ['in mode observe', seen(), policy({ templates: 'change' }), FIRST, 'In mode enforce (upgrades.keyPairs.mode)'],
    ['kept as code', seen({ template: terraform }), policy(ENFORCE), FIRST, 'the template is managed by terraform'],
    [
      'of a group kept as code',
      seen(),
      policy(ENFORCE),
      { ...FIRST, groupTags: { 'services.k8s.aws/controller-version': 'eks-1.6.0' } },
      'the node group is managed by ACK',
    ],
    [
      'operated by an AWS service',
      seen({ template: { ...template, operator: 'a service' } }),
      policy(ENFORCE),
      FIRST,
      'a service operates its launch template',
    ],
    ['with a silent agent', seen({ agents: silent }), policy(ENFORCE), FIRST, 'the SSM agent of i-1 does not answer'],
    [
      'without a node',
      seen({ agents: { kind: 'read', nodes: 0, silent: [] } }),
      policy(ENFORCE),
      FIRST,
      'no node in service',
    ],
    [
      'where agents cannot be read',
      seen({ agents: { kind: 'unreadable', code: 'AccessDeniedException' } }),
      policy(ENFORCE),
      FIRST,
      'could not be read (AccessDeniedException)',
    ],
    [
      'of a template that other groups follow',
      seen({ followers: ['batch'] }),
      policy(ENFORCE),
      FIRST,
      'batch launches from the latest version of lt-0123456789abcdef0, and a version without it would come there',
    ],
    ['that is waived', seen(), policy(ENFORCE, waiver(NOW + 48 * HOUR)), FIRST, 'waiver W-1'],
    ['at another try', seen(), policy(ENFORCE), { ...FIRST, isFirstTry: false }, 'a try to move to this release'],
    [
      'whose template cannot be read',
      { kind: 'unreadable', code: 'UnauthorizedOperation' } as const,
      policy(ENFORCE),
      FIRST,
      'names a key pair could not be read (UnauthorizedOperation)',
    ],
  ])('%s stays, which is said', (_, what, by, when, words) => {
    const said = withoutKeyPair(KEY, what, by, when);
    expect(said.template).toBeUndefined();
    expect(said.message).toContain(words);
  });

  it('is no matter where nobody looked, none is named, or the mode is off; a waiver that has ended, or is of another group, keeps nothing', () => {
    expect(withoutKeyPair(KEY, undefined, policy(ENFORCE), FIRST)).toEqual({ message: '' });
    expect(withoutKeyPair(KEY, seen(), policy({ ...ENFORCE, mode: 'off' }), FIRST)).toEqual({ message: '' });
    for (const by of [waiver(NOW - 48 * HOUR), waiver(NOW + 48 * HOUR, 'other')])
      expect(withoutKeyPair(KEY, seen(), policy(ENFORCE, by), FIRST).template).toBeDefined();
  });
});

describe('an upgrade', () => {
  const decided = (state: object, keyPair: KeyPairSeen | undefined, what: object = {}): Decision =>
    decide(observation(nodeGroup(what), state), {
      policy: policy(ENFORCE),
      now: NOW,
      account: '111122223333',
      slots: {},
      preflights: {
        found: new Map([[subjectOf(KEY), { blockers: [], warnings: [], ...(keyPair && { keyPair }) }]]),
        isOver: false,
      },
    });

  it('starts with a version without the key pair at the first try at a release, and leaves the template at any other', () => {
    const [first, later] = [
      decided({}, seen()),
      decided({ failures: { releaseVersion: '1.33.13-20260714', count: 1, lastAt: NOW - 24 * HOUR } }, seen()),
    ];
    expect(first.start).toMatchObject({ version: '1.33', template: { change: { withoutKeyPair: true } } });
    expect(first.details).toMatchObject({ keyPair: { outcome: 'left-out' } });
    expect(later.start).toEqual({ version: '1.33', firstSeenAt: NOW - 48 * HOUR, force: false });
    expect(later.details).toMatchObject({ keyPair: { outcome: 'kept' } });
    expect(decided({}, undefined).start).toEqual({ version: '1.33', firstSeenAt: NOW - 48 * HOUR, force: false });
  });

  describe('that needs an approval', () => {
    const launchTemplate = { id: template.templateId, version: '3' };
    const RELEASE = '1.33.13-20260714';
    const byPolicy = (mode: string, state: object): Decision =>
      decide(observation(nodeGroup({ launchTemplate }), state), {
        policy: policyOf({ upgrades: { approval: 'required', keyPairs: { mode, templates: 'change' } } }),
        now: NOW,
        account: '111122223333',
        slots: {},
        preflights: {
          found: new Map([[subjectOf(KEY), { blockers: [], warnings: [], keyPair: seen() }]]),
          isOver: false,
        },
      });
    const ruled = (proposed: Decision['proposal'], kind: 'approved' | 'rejected' = 'approved') => ({
      proposal: {
        target: '',
        at: 0,
        ...proposed,
        ruling: { kind, id: 'r-0', at: NOW, requestedBy: 'ada', why: 'seen' },
      },
    });

    it('leaves the key pair out by an approval that was given for that, and by no other', () => {
      const [before, after] = [byPolicy('observe', {}), byPolicy('enforce', {})];
      expect(after.message).toContain('new nodes get none');
      expect(before.message).not.toContain('new nodes get none');
      // The upgrade without the key pair is another plan: an operator who approves one has not approved the other.
      expect(after.proposal?.target).not.toBe(before.proposal?.target);
      expect(after.variant).not.toBe(before.variant);

      const whole = byPolicy('enforce', ruled(after.proposal));
      expect(whole.start?.template).toMatchObject({ change: { withoutKeyPair: true } });
      const upgradeAlone = byPolicy('enforce', ruled(before.proposal));
      expect(upgradeAlone).toMatchObject({ reason: 'upgrade-started', start: { version: '1.33', force: false } });
      expect(upgradeAlone.start?.template).toBeUndefined();
      expect(upgradeAlone.message).toContain('the approval is of the upgrade alone');
      // An operator who approved both gets the upgrade where the policy now leaves the key pair alone.
      expect(byPolicy('observe', ruled(after.proposal)).start).toEqual({
        version: '1.33',
        firstSeenAt: NOW - 48 * HOUR,
        force: false,
      });
    });

    it('is proposed without a word of the key pair at another try, which leaves it', () => {
      const failures = { releaseVersion: RELEASE, count: 1, lastAt: NOW - 24 * HOUR };
      const again = byPolicy('enforce', { failures });
      expect(again).toMatchObject({ decision: 'would-act', proposal: { target: RELEASE } });
      expect(again.message).not.toContain('key pair');
      expect(again.variant).toBe(RELEASE);
      const deferral = { what: `deferred ${RELEASE} x`, count: 1, since: NOW - HOUR, until: NOW - 1 };
      expect(byPolicy('enforce', { obstacle: deferral }).proposal?.target).toBe(RELEASE);
      expect(byPolicy('enforce', {}).message).toContain(
        'new nodes get none (upgrades.keyPairs.mode), unless the look before the start finds a reason to keep it.',
      );
    });

    it('keeps what was ruled while it waits, whatever the policy says of key pairs by then, and proposes anew what nobody has ruled on', () => {
      const { proposal } = byPolicy('observe', {});
      const waits = {
        ...ruled(proposal),
        obstacle: { what: `deferred ${RELEASE} x`, count: 1, since: NOW, until: NOW + HOUR },
      };
      expect(byPolicy('enforce', waits)).toMatchObject({ decision: 'waiting', proposal: waits.proposal });
      expect(byPolicy('enforce', ruled(proposal, 'rejected'))).toMatchObject({ reason: 'proposal-rejected' });
      expect(byPolicy('enforce', proposal === undefined ? {} : { proposal }).proposal?.target).toBe(
        byPolicy('enforce', {}).proposal?.target,
      );
    });
  });
});
