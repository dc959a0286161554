import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import type { NodeGroupState, Turn } from '../../shared/ledger/node-group-ledger.ts';
import { machineImage } from '../../shared/releases/machine-image.fixture.ts';
import type { MachineImage } from '../../shared/releases/wanted-image.ts';
import { unsureAboutNew } from '../../shared/rollouts/new-images.ts';
import { rolloutsIn } from '../../shared/rollouts/waves.ts';
import { decide } from '../decide/decide.ts';
import { progressAfter } from '../decide/progress.ts';
import { HOUR, lineOf, NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import type { CustomView, NodeGroupView, Observation } from '../model/observation.ts';
import { contendersOf } from '../moment/waitlist.ts';
import { policyOf } from '../policy.fixture.ts';
import type { Reason } from '../reasons.ts';

const image = (imageId: string, age: number, change: Partial<MachineImage> = {}) =>
  machineImage({ imageId, name: `golden-${imageId}`, createdAt: NOW - age * HOUR, ...change });
const present = image('ami-1', 900);
const template = (
  tags: Record<string, string> = {},
  ImageId = 'ami-1',
): Extract<CustomView['template'], { kind: 'found' }> => ({
  kind: 'found',
  found: { templateId: 'lt-1', templateName: 'web-nodes', version: 7, tags, data: { ImageId, UserData: 'IyE=' } },
});
const custom = (change: Partial<CustomView> = {}): CustomView => ({
  wanted: { kind: 'named', candidates: [{ image: image('ami-2', 48) }] },
  kubernetesVersion: '1.33',
  present: { kind: 'found', found: present },
  template: template(),
  ...change,
});
const group = (view: Partial<NodeGroupView> = {}, state: Partial<Observation['state']> = {}) =>
  observation(
    nodeGroup({
      amiType: 'CUSTOM',
      releaseVersion: 'ami-1',
      target: { kind: 'none', reason: 'unknown-ami-type', message: '' },
      custom: custom(),
      nodes: [{ imageId: 'ami-1' }, { imageId: 'ami-1' }],
      ...view,
    }),
    state,
  );
const ENFORCED = { mode: 'enforce', templates: 'change' };
const decided = (of: Observation, imagePolicy: object = ENFORCED, upgrades: object = {}) =>
  decide(of, {
    policy: parsePolicy(JSON.stringify({ upgrades: { image: imagePolicy, ...upgrades } }), 'enforce'),
    now: NOW,
    account: '111122223333',
    slots: {},
  });

describe('a group with a custom AMI', () => {
  it('moves to the AMI that the policy names, in a version made of its own', () => {
    expect(decided(group())).toMatchObject({
      decision: 'acted',
      reason: 'upgrade-started',
      releaseVersion: 'ami-2',
      start: { template: { from: { templateId: 'lt-1', version: 7 }, change: { imageId: 'ami-2' } } },
      memory: { upgrade: { releaseVersion: 'ami-2', attempt: 1, nodes: 2 } },
      message: expect.stringContaining('Version 7 of its launch template lt-1 has the former AMI.'),
    });
  });

  it('too far behind its control plane is told how its launch template moves it: EKS refuses a Kubernetes version', () => {
    const { reason, hint } = decided(group({ cluster: { status: 'ACTIVE', version: '1.37', tags: {} } }));
    expect(reason).toBe('version-skew');
    expect(hint).toContain('--launch-template id=');
    expect(hint).not.toContain('--kubernetes-version');
  });

  it('with the newest one gets a version with the same data where its nodes were ordered to be replaced', () => {
    const order = { launchedBefore: NOW - HOUR, why: 'They do not trust it.', until: NOW + HOUR };
    const ordered = (change: Partial<CustomView> = {}, policy: object = ENFORCED) => {
      const wanted = { kind: 'named' as const, candidates: [{ image: present }] };
      const nodes = [{ imageId: 'ami-1', launchedAt: NOW - 2 * HOUR }];
      return decided({ ...group({ custom: custom({ wanted, ...change }), nodes }), order }, policy);
    };
    expect(ordered()).toMatchObject({
      reason: 'upgrade-started',
      start: { template: { from: { templateId: 'lt-1', version: 7 }, change: { imageId: 'ami-1' } } },
      memory: { upgrade: { releaseVersion: 'ami-1', replaces: NOW - HOUR, nodes: 1 } },
    });
    const ofCode = ordered({ template: template({ 'aws:cloudformation:stack-name': 'nodes' }) });
    expect([ofCode.reason, ofCode.message]).toEqual([
      'template-kept-as-code',
      expect.stringMatching(/ needs another version like 7, without a change, so that EKS replaces the nodes\. /),
    ]);
    expect(ordered({ template: template({}, 'ami-2') }).reason).toBe('template-unfit');
    expect(ordered({}, { templates: 'change' }).reason).toBe('would-upgrade');
  });

  it.each<[string, object, object]>([
    ['its own mode is observe, the default', { templates: 'change' }, {}],
    ['all upgrades are observed', ENFORCED, { mode: 'observe' }],
  ])('is only proposed another one where %s', (_, policy, upgrades) => {
    expect(decided(group(), policy, upgrades)).toMatchObject({ decision: 'would-act', reason: 'would-upgrade' });
  });

  it('is not moved again after somebody has set it back to the AMI from which an upgrade had brought it', () => {
    const moved = { templateId: 'lt-1', from: 'ami-1', version: 8, to: 'ami-2', at: NOW - HOUR };
    const refused = decided(group({}, { moved }));
    expect([refused.reason, refused.start]).toEqual(['template-set-back', undefined]);
    expect(refused.message).toMatch(
      /brought the node group to version 8 .* with ami-2, .* set it back to ami-1, by version 7\./,
    );
    const later = { wanted: { kind: 'named' as const, candidates: [{ image: image('ami-3', 48) }] } };
    expect(decided(group({ custom: custom(later) }, { moved })).reason).toBe('template-set-back');
    for (const other of [{ version: 7 }, { from: 'ami-0' }, { templateId: 'lt-2' }]) {
      expect(decided(group({}, { moved: { ...moved, ...other } })).reason).toBe('upgrade-started');
    }
    expect(decided(group({}, { moved }), { templates: 'change' }).reason).toBe('would-upgrade');
    const ruling = { id: 'r', at: NOW, requestedBy: 'jo', why: 'it is mended' };
    const ruled = (kind: 'approved' | 'rejected') =>
      decided(group({}, { moved, proposal: { target: 'ami-2', at: NOW - HOUR, ruling: { ...ruling, kind } } }));
    expect([ruled('approved').reason, ruled('rejected').reason]).toEqual(['upgrade-started', 'proposal-rejected']);
  });

  it('moves once after an approval', () => {
    const ruling = { kind: 'approved' as const, id: 'r', at: NOW, requestedBy: 'jo', why: 'tested' };
    const state = { proposal: { target: 'ami-2', at: NOW - HOUR, ruling } };
    expect(decided(group({}, state), { templates: 'change' })).toMatchObject({ reason: 'upgrade-started' });
  });

  it.each([
    [{ 'services.k8s.aws/controller-version': 'eks-1.6.0' }, 'ACK manages the node group, which names the version.'],
    [{ 'sigs.k8s.io/cluster-api-provider-aws/cluster/shop': 'owned' }, 'Cluster API manages the node group'],
  ])('is only proposed the change where its own tags say who keeps it as code: %j', (tags, keeper) => {
    const { reason, start, message } = decided(group({ tags }));
    expect([reason, start, message]).toEqual(['template-kept-as-code', undefined, expect.stringContaining(keeper)]);
  });

  it.each<[string, object, Record<string, string>, string]>([
    [
      'is kept by CloudFormation',
      ENFORCED,
      { 'aws:cloudformation:stack-name': 'nodes' },
      "CloudFormation's stack nodes",
    ],
    ['is kept by Terraform', ENFORCED, { 'managed-by': 'terraform' }, 'manages it. A version made here would be drift'],
    ['is nobody’s, as far as its tags say', { mode: 'enforce' }, {}, 'No tag says who manages it'],
  ])('has the change written out where the template %s', (_, policy, tags, keeper) => {
    const ruling = { kind: 'approved' as const, id: 'r', at: NOW, requestedBy: 'jo', why: 'x' };
    const state = { proposal: { target: 'ami-2', at: NOW - HOUR, ruling } };
    const { start, ...words } = decided(group({ custom: custom({ template: template(tags) }) }, state), policy);
    expect(start).toBeUndefined();
    expect(words).toMatchObject({
      decision: 'refused',
      reason: 'template-kept-as-code',
      message: expect.stringContaining(keeper),
      details: { change: { launchTemplateId: 'lt-1', sourceVersion: 7, imageId: { from: 'ami-1', to: 'ami-2' } } },
    });
  });

  it('waits until the AMI has baked', () => {
    const wanted = { kind: 'named' as const, candidates: [{ image: image('ami-2', 2) }] };
    expect(decided(group({ custom: custom({ wanted }) }))).toMatchObject({
      reason: 'baking',
      wakeAt: NOW + 22 * HOUR,
    });
  });

  describe('and waves', () => {
    const policy = policyOf({
      upgrades: { image: ENFORCED, waves: ['canary', 'prod'], bakeBetween: '24h' },
      overrides: [{ name: 'first', match: { clusters: ['lab'] }, upgrades: { wave: 'canary' } }],
    });
    /** A canary, as the ledger remembers it after a look some hours ago. */
    const canary = (change: Partial<NodeGroupView>, hours = 99, reason: Reason = 'baking'): NodeGroupState => {
      const seen = { ...group(change), key: { cluster: 'lab', nodegroup: 'web' } };
      const decision = { reason, memory: {} };
      const progress = progressAfter(seen, decision, policy, NOW - hours * HOUR);
      return { outcomes: 1, ...(progress !== undefined && { progress: { ...progress, seenAt: NOW } }) };
    };
    /** The memory of another node group, which has known its AMIs for some hours. */
    const knownFor = (hours: number): Pick<NodeGroupState, 'progress'> => {
      const progress = progressAfter(group(), { reason: 'baking', memory: {} }, policy, NOW - hours * HOUR);
      return progress === undefined ? {} : { progress };
    };
    const besides = (state: NodeGroupState, more: Partial<Observation['state']> = knownFor(3)) =>
      decide(group({}, more), {
        policy,
        now: NOW,
        account: '111122223333',
        slots: {},
        rollouts: rolloutsIn(new Map([['lab/web', state]]), policy),
      });
    /** Whom the node group, to which its AMIs have just come, has looked at beside this one. */
    const unsureBeside = (state: NodeGroupState) => {
      const own: NodeGroupState = { outcomes: 1, ...knownFor(0) };
      const states = new Map([
        ['lab/web', state],
        ['shop/general', own],
      ]);
      return unsureAboutNew({ cluster: 'shop', nodegroup: 'general' }, rolloutsIn(states, policy), NOW);
    };
    const onAmi = (imageId: string, ...wanted: MachineImage[]): Partial<NodeGroupView> => ({
      releaseVersion: imageId,
      nodes: [{ imageId }],
      custom: custom({
        wanted: { kind: 'named', candidates: wanted.map((each) => ({ image: each })) },
        present: { kind: 'found', found: wanted.find((each) => each.imageId === imageId) ?? present },
      }),
    });
    const next = image('ami-2', 48);
    const newest = image('ami-3', 30);

    it.each<[string, NodeGroupState, string, string]>([
      ['a canary has not taken it', canary(onAmi('ami-1', next)), 'earlier-wave', 'lab/web has not finished'],
      ['a canary has just taken it', canary(onAmi('ami-2', next), 3), 'earlier-wave', 'bakes in wave canary'],
      ['a canary has baked it', canary(onAmi('ami-2', next)), 'upgrade-started', ''],
      [
        'a canary is unhealthy with it',
        canary({ ...onAmi('ami-2', next), healthIssues: [{ code: 'NodeCreationFailure', message: '' }] }),
        'wave-stopped',
        'lab/web is unhealthy with it',
      ],
      ['a canary went past it', canary(onAmi('ami-3', next, newest)), 'earlier-wave', 'never ran this one'],
      ['a canary has AMIs of somebody else', canary(onAmi('ami-9', image('ami-9', 20))), 'upgrade-started', ''],
      [
        'nobody can read which AMIs come to a canary',
        canary({
          custom: custom({
            wanted: { kind: 'unreadable', error: 'no', code: 'AccessDenied', isThrottled: false },
          }),
        }),
        'earlier-wave',
        'lab/web does not know which AMIs come to it',
      ],
      [
        'EC2 does not describe the AMI of a canary any more, so that none comes to it',
        canary({ custom: custom({ present: { kind: 'gone' } }) }, 99, 'present-image-unknown'),
        'upgrade-started',
        '',
      ],
      [
        'no AMI is wanted for a canary',
        canary({ custom: custom({ wanted: { kind: 'none', message: '' } }) }),
        'upgrade-started',
        '',
      ],
    ])('takes its AMI as a release where %s', (_, state, reason, message) => {
      const decision = besides(state);
      expect(decision.reason).toBe(reason);
      expect(decision.message).toContain(message);
    });

    it('is taken by a later wave only two hours after it came to it, however old it is', () => {
      // The look at the canary lies before the AMI was shared, or before the policy named it.
      const unaware = canary({ custom: custom({ wanted: { kind: 'named', candidates: [] } }) });
      const untold = besides(unaware, {});
      expect([untold.reason, untold.wakeAt]).toEqual(['earlier-wave', NOW + 2 * HOUR]);
      // It may have come to the canary, too, and no sweep may look at the canary by then.
      expect(unsureBeside(unaware)).toEqual([{ cluster: 'lab', nodegroup: 'web' }]);
      expect(besides(unaware, knownFor(1)).wakeAt).toBe(NOW + HOUR);
      expect(besides(unaware, knownFor(2)).reason).toBe('upgrade-started');
      const { progress } = unaware;
      const unseen = { ...unaware, ...(progress && { progress: { ...progress, seenAt: NOW - 27 * HOUR } }) };
      expect(besides(unseen).lookAt).toEqual([{ cluster: 'lab', nodegroup: 'web' }]);
    });

    it('is called once its turn has come, by the same waves', () => {
      const waiting = besides(canary(onAmi('ami-2', next), 3));
      const turn = { ...waiting.turn, mayStartAt: NOW } as Turn;
      const own = { ...canary(onAmi('ami-1', next)), turn, reason: 'earlier-wave' };
      const called = (state: NodeGroupState) => {
        const states = new Map([
          ['lab/web', state],
          ['shop/general', own],
        ]);
        return contendersOf(lineOf(states), policy, NOW, rolloutsIn(states, policy)).map(({ subject }) => subject);
      };
      expect([called(canary(onAmi('ami-2', next), 3)), called(canary(onAmi('ami-2', next)))]).toEqual([
        [],
        ['shop/general'],
      ]);
    });
  });

  const gone = { kind: 'gone' } as const;
  const unread = { kind: 'unreadable', error: 'AccessDenied: no', code: 'AccessDenied', isThrottled: false } as const;
  const named = (...images: MachineImage[]) => ({
    wanted: { kind: 'named' as const, candidates: images.map((one) => ({ image: one })) },
  });
  it.each<[string, Partial<CustomView>, string]>([
    [
      'the parameter names nothing',
      { wanted: { kind: 'none', message: 'There is no parameter /x.' } },
      'refused wanted-image-missing',
    ],
    [
      'another architecture is wanted',
      named(image('ami-2', 48, { architecture: 'arm64' })),
      'refused image-of-another-kind',
    ],
    ['it is the newest', named(present, image('ami-0', 999)), 'done up-to-date'],
    ['it is newer than all', named(image('ami-0', 999)), 'done up-to-date'],
    ['its own AMI is gone', { present: gone }, 'refused present-image-unknown'],
    [
      'its template takes the AMI from a parameter',
      { template: template({}, 'resolve:ssm:/x') },
      'refused template-unfit',
    ],
    ['its version is gone', { template: gone }, 'refused template-unfit'],
    [
      'another group launches from the latest version of its template',
      { followers: ['batch'] },
      'refused template-unfit',
    ],
    [
      'an AWS service operates its template',
      { template: { kind: 'found', found: { ...template().found, operator: 'a service' } } },
      'refused group-operated',
    ],
    ['its template cannot be read', { template: unread }, 'failed unreadable'],
    ['the wanted AMI cannot be read', { wanted: unread }, 'failed unreadable'],
    ['the present AMI cannot be read', { present: unread }, 'failed unreadable'],
  ])('does not move where %s', (_, change, words) => {
    const { decision, reason, start } = decided(group({ custom: custom(change) }));
    expect([`${decision} ${reason}`, start]).toEqual([words, undefined]);
  });

  it('is left alone where the policy names no AMI, or its mode is off', () => {
    const { custom: _, ...view } = group().view as NodeGroupView;
    expect(decided(observation(view))).toMatchObject({ decision: 'skipped', reason: 'custom-ami' });
    expect(decided(group(), { mode: 'off' })).toMatchObject({ decision: 'skipped', reason: 'custom-ami' });
  });

  it('tells nodes that run another AMI than the group names', () => {
    const view = {
      custom: custom(named(present)),
      nodes: [{ imageId: 'ami-1' }, { imageId: 'ami-0', imageName: 'old' }],
    };
    expect(decided(group(view))).toMatchObject({
      reason: 'nodes-differ',
      message: expect.stringContaining('1 runs old'),
    });
  });
});
