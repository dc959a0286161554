import { describe, expect, it } from 'vitest';
import { circumstances, HOUR, image, NEW, NOW, need, policyWith, said, seen } from '../model/observation.fixture.ts';
import { decide } from './decide.ts';

/** A group to which an AMI comes that has been named for some hours. */
const named = (hours: number, more: Parameters<typeof seen>[0] = {}) =>
  seen({ wanted: { kind: 'named', candidates: [{ image: image(NEW, hours * HOUR) }] }, ...more });
const decideBy = (
  observation: ReturnType<typeof seen>,
  refreshes: object = {},
  others: object = {},
  more: object = {},
) => decide(observation, circumstances(policyWith(refreshes, others), more));

describe('urgent findings on a self-managed group', () => {
  it.each([
    ['shorten the bake', {}, {}, {}, 'acted refresh-started'],
    [
      'shorten it no more once they are old',
      { need: { ...need, verifiedAt: NOW - 26 * HOUR } },
      {},
      {},
      'waiting image-baking',
    ],
    ['are not there', { need: undefined }, {}, {}, 'waiting image-baking'],
    ['are not urgent', { need: { ...need, urgency: 'normal' as const } }, {}, {}, 'waiting image-baking'],
    ['hasten nothing where the policy says so', {}, {}, { findings: { mode: 'observe' } }, 'waiting image-baking'],
    ['never lengthen it', {}, { bakeAge: '1h', urgent: { bakeAge: '5h' } }, {}, 'acted refresh-started'],
    ['shorten it as the policy says', {}, { urgent: { bakeAge: '4h' } }, {}, 'waiting image-baking'],
    ['pass no window', {}, { windows: [{ cron: '0 3 * * *', duration: '1h' }] }, {}, 'waiting refresh-outside-window'],
    ['start nothing in mode observe', {}, { mode: 'observe' }, {}, 'would-act would-refresh'],
  ])('%s', (_what, more, refreshes, others, expected) => {
    expect(said(decideBy(named(3, { need, ...more } as never), refreshes, others))).toBe(expected);
  });

  it('pass no limit', () => {
    const underWay = new Set(['shop/self-managed:other']);
    expect(said(decideBy(named(3, { need }), {}, {}, { underWay }))).toBe('waiting refresh-waits-for-slot');
  });

  it('are named by the record of the start', () => {
    const { message } = decideBy(named(3, { need }));
    expect(message).toMatch(/to ami-0bbbbbbbbbbbbbbbb \(nodes-bb\), for CVE-2026-31415 \(CRITICAL\)\./);
    expect(decideBy(named(48)).message).not.toContain('CVE');
  });
});
