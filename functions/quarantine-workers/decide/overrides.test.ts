import { describe, expect, it } from 'vitest';
import { circumstances, group, HOUR, NOW, observation, worker } from '../model/observation.fixture.ts';
import { decide } from './decide.ts';
import { decideGroup } from './decide-group.ts';

const overrides = [
  { name: 'short', match: { nodegroups: ['web'] }, quarantine: { expireAfter: '24h' } },
  { name: 'watched', match: { tags: { watched: '*' } }, quarantine: { mode: 'observe', respond: 'strip' } },
];
const at = (view = {}, owner = {}) => ({
  ...observation(worker(view)),
  owner: { tags: {}, ...owner },
});

describe('an override of quarantine', () => {
  const given = circumstances({ overrides });

  it('decides how long a quarantine lasts where it fits, and nowhere else', () => {
    const lasts = (nodegroup: string) => (decide(at({ nodegroup }), given).quarantine?.expiresAt ?? 0) - NOW;
    expect([lasts('web'), lasts('db')]).toEqual([24 * HOUR, 168 * HOUR]);
  });

  it.each([
    ['the node group', { tags: { watched: 'yes' } }],
    ['the cluster', { clusterTags: { watched: 'yes' } }],
  ])('by a tag of %s keeps its workers from being isolated', (_of, owner) => {
    const { reason, message } = decide(at({}, owner), given);
    expect([reason, message]).toEqual(['would-quarantine', expect.stringMatching(/Would strip it\.$/)]);
  });

  it('is not for a tag of the instance', () => {
    expect(decide(at({ tags: { watched: 'yes' } }), given).reason).toBe('quarantine-started');
  });

  it('decides about a group that is public by design', () => {
    const closing = {
      name: 'closing',
      match: { clusters: ['shop'] },
      quarantine: { publicByDesign: { closeSubnets: 'enforce' } },
    };
    const seen = group({ publicSubnets: ['subnet-1'], users: new Map([['subnet-1', []]]) });
    const reasonBy = (document: object) => decideGroup(seen, circumstances(document)).reason;
    expect(reasonBy({ overrides: [closing] })).toBe('group-hardened');
    expect(reasonBy({ overrides: [{ ...closing, match: { clusters: ['other'] } }] })).toBe('public-by-design');
  });
});
