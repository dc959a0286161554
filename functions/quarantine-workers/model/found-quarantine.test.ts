import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../decide/decide.ts';
import {
  circumstances,
  isolatedWorker,
  networkInterface,
  observation,
  requested,
  worker,
} from './observation.fixture.ts';
import { groupsTagValue, interfacesOfTag, LONGEST_VALUE } from './saved-in-tags.ts';

const TAG = 'eks-host-remediator:quarantine';
const SINCE = '2026-07-20T10:00:00.000Z';
const STACK = circumstances().stackName;
const tags = {
  [TAG]: SINCE,
  [`${TAG}-groups`]: 'sg-0a+sg-0b',
  [`${TAG}-why`]: 'Elastic IP 198.51.100.1',
  [`${TAG}-by`]: 'e-0',
};
const held = (rest: object = {}) => isolatedWorker({ tags, heldBy: [STACK], heldIn: ['sg-closed'], ...rest });
const proven = (...[view, state, rest]: Parameters<typeof observation>) =>
  observation(view, state, { owner: { tags: {} }, ...rest });

describe('a quarantine of which the ledger knows nothing', () => {
  it('is told of with what a release gives back, and looked after again', () => {
    expect(decide(proven(held()), circumstances())).toMatchObject({
      decision: 'refused',
      reason: 'quarantine-found',
      message: expect.stringMatching(/since 2026-07-20T10.*A release gives back sg-0a, sg-0b/),
      quarantine: {
        kind: 'isolate',
        found: 'held',
        startedAt: Date.parse(SINCE),
        saved: { interfaces: [{ groups: ['sg-0a', 'sg-0b'] }] },
      },
    });
  });

  it('is found by the kill switch and by a policy that nobody can read, too', () => {
    for (const policy of [{ killSwitch: true }, { quarantine: { mode: 'nonsense' } }])
      expect(decide(proven(held()), circumstances(policy))).toMatchObject({ quarantine: { found: 'held' } });
  });

  it('ends as long from now as one that begins, whatever its tags say', () => {
    for (const since of ['1999-01-01T00:00:00Z', '2999-01-01T00:00:00Z', 'soon', '']) {
      const { quarantine } = decide(proven(held({ tags: { ...tags, [TAG]: since } })), circumstances());
      expect(quarantine?.expiresAt).toBe(circumstances().now + 7 * 86_400_000);
      expect(quarantine?.startedAt).toBeLessThanOrEqual(circumstances().now);
    }
  });

  it('is none where the ledger knows that it was released, or another stack holds the worker', () => {
    expect(decide(proven(held(), { granted: 'request-0' }), circumstances()).reason).toBe('not-exposed');
    expect(decide(proven(held({ heldBy: ['other'] })), circumstances()).quarantine).toBeUndefined();
  });

  it.each(['release', 'extend', 'terminate'])('does what an operator asks for at once: %s', (action) => {
    const asked = proven(held(), {}, { request: requested({ action, by: '1d' }) });
    expect(decide(asked, circumstances())).toMatchObject({ quarantine: { found: 'held' } });
    expect(decide(asked, circumstances()).decision).not.toBe('refused');
  });
});

describe('a tag alone, which anybody may have set', () => {
  const tagged = (rest: object = {}) =>
    worker({ tags, interfaces: [networkInterface({ addresses: [] })], exposures: [], ...rest });

  it('takes no slot, is told of, and comes off by a release', () => {
    const told = decide(proven(tagged()), circumstances());
    expect([told.reason, told.quarantine, told.act]).toEqual(['quarantine-found', undefined, undefined]);
    const released = decide(proven(tagged(), {}, { request: requested() }), circumstances());
    expect(released).toMatchObject({
      act: { kind: 'release' },
      quarantine: { found: 'tagged', kind: 'strip', saved: { interfaces: [] } },
    });
  });

  it.each(['extend', 'terminate'])('does not let an operator %s the worker', (action) => {
    const asked = proven(tagged(), {}, { request: requested({ action, by: '1d' }) });
    expect(decide(asked, circumstances())).toMatchObject({ decision: 'refused', reason: 'request-refused' });
  });

  it('neither keeps an exposed worker from being isolated nor makes a decoy known', () => {
    expect(decide(proven(worker({ tags })), circumstances()).reason).toBe('quarantine-started');
    const decoy = observation(tagged(), {}, { owner: { tags: {}, onlyClaims: 'It claims to be one.' } });
    expect(decide(decoy, circumstances()).reason).toBe('not-exposed');
    const inOurGroup = observation(held(), {}, { owner: { tags: {}, onlyClaims: 'It claims to be one.' } });
    expect(decide(inOurGroup, circumstances()).quarantine).toBeUndefined();
  });
});

describe('the security groups in a tag', () => {
  const groupId = fc.stringMatching(/^sg-[0-9a-f]{17}$/);
  const saved = fc.array(
    fc.record({
      id: fc.stringMatching(/^eni-[0-9a-f]{17}$/),
      groups: fc.array(groupId, { minLength: 1, maxLength: 5 }),
    }),
    {
      minLength: 1,
      maxLength: 15,
    },
  );

  it('fit what EC2 takes; what is read back is what was there, or missing', () => {
    fc.assert(
      fc.property(saved, (interfaces) => {
        const value = groupsTagValue({
          interfaces: interfaces.map((each) => ({ ...each, addresses: [], ipv6: [] })),
          targets: [],
        });
        expect(value.length).toBeLessThanOrEqual(LONGEST_VALUE);
        const views = interfaces.map(({ id }, index) => networkInterface({ id, primary: index === 0 }));
        const before = new Map(interfaces.map(({ id, groups }) => [id, groups]));
        const back = interfacesOfTag(value, views);
        expect(back[0]?.groups).toEqual(interfaces[0]?.groups);
        if (new Set(interfaces.map(({ id }) => id)).size < interfaces.length) return;
        for (const { id, groups } of back) expect(groups).toEqual(before.get(id));
        if (!value.endsWith(' more')) expect(back).toHaveLength(interfaces.length);
      }),
    );
  });

  it('that nobody can read give nothing back, in linear time', () => {
    const views = [networkInterface()];
    for (const value of [
      '',
      'sg-',
      'sg-0a+',
      '+',
      'sg-0A',
      '='.repeat(10_000),
      'sg-0a+'.repeat(10_000),
      '*'.repeat(10_000),
    ])
      expect(interfacesOfTag(value, views)).toEqual([]);
  });
});
