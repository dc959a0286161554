import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { machineImage } from '../shared/releases/machine-image.fixture.ts';
import type { MachineImage } from '../shared/releases/wanted-image.ts';
import { decide } from './decide.ts';
import { HOUR, NOW, nodeGroup, observation } from './observation.fixture.ts';
import type { CustomView, NodeGroupView, Observation } from './observation.ts';

const image = (imageId: string, age: number, change: Partial<MachineImage> = {}) =>
  machineImage({ imageId, name: `golden-${imageId}`, createdAt: NOW - age * HOUR, ...change });
const present = image('ami-1', 900);
const template = (tags: Record<string, string> = {}, ImageId = 'ami-1'): NonNullable<CustomView['template']> => ({
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

  it.each<[string, object, object]>([
    ['its own mode is observe, the default', { templates: 'change' }, {}],
    ['all upgrades are observed', ENFORCED, { mode: 'observe' }],
  ])('is only proposed another one where %s', (_, policy, upgrades) => {
    expect(decided(group(), policy, upgrades)).toMatchObject({ decision: 'would-act', reason: 'would-upgrade' });
  });

  it('moves once after an approval', () => {
    const ruling = { kind: 'approved' as const, id: 'r', at: NOW, requestedBy: 'jo', why: 'tested' };
    const state = { proposal: { target: 'ami-2', at: NOW - HOUR, ruling } };
    expect(decided(group({}, state), { templates: 'change' })).toMatchObject({ reason: 'upgrade-started' });
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

  it('waits for no wave', () => {
    const waves = { waves: ['canary', 'prod'], wave: 'prod' };
    expect(decided(group(), ENFORCED, waves)).toMatchObject({ reason: 'upgrade-started' });
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
