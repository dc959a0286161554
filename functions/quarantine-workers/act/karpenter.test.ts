import { expect, it } from 'vitest';
import { policySchema } from '../../policy-document.ts';
import { NOW, quarantine, worker } from '../model/observation.fixture.ts';
import { BEING_REPLACED, NOT_JOINED } from '../steps/node.ts';
import type { StepReport, StepSubject } from '../steps/step.ts';
import { karpenterEnds, keepsMarkUntil, unmarkedInWords } from './karpenter.ts';

const MINUTE = 60_000;
const ofKarpenter = worker({ ownership: 'karpenter' });
const [exposure] = ofKarpenter.exposures;

const subjectOf = (more: Partial<StepSubject>): StepSubject => ({
  clients: {} as StepSubject['clients'],
  instanceId: 'i-1',
  view: ofKarpenter,
  quarantine: quarantine(),
  policy: policySchema('enforce').parse({}).quarantine,
  now: NOW,
  save: async () => quarantine(),
  note: () => undefined,
  ...more,
});

const givenBack = (minutesAgo: number, accepted = [...ofKarpenter.exposures]) =>
  quarantine({ givenBack: { at: NOW - minutesAgo * MINUTE, accepted: accepted.map(asAccepted) } });
const asAccepted = ({ interfaceId, kind, openPorts }: (typeof ofKarpenter.exposures)[number]) => ({
  interfaceId,
  kind,
  openPorts: [...openPorts],
});

it('a released node of Karpenter keeps its mark for ten minutes from when all else was given back', () => {
  expect(exposure).toBeDefined();
  expect(keepsMarkUntil(subjectOf({}))).toBe(NOW + 10 * MINUTE);
  expect(keepsMarkUntil(subjectOf({ quarantine: givenBack(4) }))).toBe(NOW + 6 * MINUTE);
  expect(keepsMarkUntil(subjectOf({ quarantine: givenBack(10) }))).toBeUndefined();
});

it('it loses the mark at once where it has an exposure that nobody accepted, and a node of others has none to keep', () => {
  expect(keepsMarkUntil(subjectOf({ quarantine: givenBack(4, []) }))).toBeUndefined();
  expect(keepsMarkUntil(subjectOf({ view: worker() }))).toBeUndefined();
});

it.each<[string, StepReport[], RegExp]>([
  [
    'marked',
    [{ step: 'node', outcome: 'done' }],
    /may still terminate it: its mark .* neither expireAfter .*To have EC2/,
  ],
  [
    'protected',
    [
      { step: 'node', outcome: 'done' },
      { step: 'termination-protection', outcome: 'done' },
    ],
    /EC2 refuses that while it is protected from termination; its pods leave/,
  ],
  ['being replaced', [{ step: 'node', outcome: 'done', note: BEING_REPLACED }], /^Karpenter is replacing it/],
  ['not there', [{ step: 'node', outcome: 'skipped', note: NOT_JOINED }], /within a quarter of an hour/],
  ['unmarked', [{ step: 'node', outcome: 'skipped', note: 'why' }], /kubectl annotate node .*do-not-disrupt=true/],
])('what Karpenter does to an isolated worker is said by its node: %s', (_what, reports, expected) => {
  expect(karpenterEnds(ofKarpenter, reports)).toMatch(expected);
});

it('a released worker whose node bore no mark is said to be at risk, unless nobody remembers', () => {
  expect(unmarkedInWords(subjectOf({}))).toMatch(/may end it all the same/);
  expect(unmarkedInWords(subjectOf({ quarantine: quarantine({ found: 'held' }) }))).toBe('');
  expect(unmarkedInWords(subjectOf({ view: worker() }))).toBe('');
});
