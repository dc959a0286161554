import { expect, it } from 'vitest';
import { REMEDIATIONS } from '../remediations.ts';
import { ACTION_FIELDS } from '../shared/intake/operator-action.ts';
import { readRequestedChange, readRequestedChanges } from './requested-change.ts';

const release = { action: 'release', remediation: 'quarantine-workers', subject: { instance: 'i-0f3a5c7e9b1d2f4a6' } };
const read = (given: unknown) => readRequestedChange(given, REMEDIATIONS);
const asked = (offer: object, who: string, why: string, by?: string) =>
  read({
    ...offer,
    widgetContext: {
      forms: {
        all: {
          [ACTION_FIELDS.who]: who,
          [ACTION_FIELDS.why]: why,
          ...(by !== undefined && { [ACTION_FIELDS.by]: by }),
        },
      },
    },
  });

it('says who asks and why, and how it is known', () => {
  expect(asked(release, ' Ada ', 'looked into it')).toEqual({
    detailType: 'Quarantine Request',
    detail: {
      action: 'release',
      instanceId: 'i-0f3a5c7e9b1d2f4a6',
      why: 'looked into it',
      requestedBy: 'Ada (by the dashboard)',
    },
    action: 'release',
    name: 'i-0f3a5c7e9b1d2f4a6',
    subject: { instance: 'i-0f3a5c7e9b1d2f4a6' },
  });
});

it.each([
  ['nobody asks', asked(release, ' ', 'looked into it'), /^Your name: /],
  ['there is no reason', asked(release, 'Ada', ''), /^Reason: /],
  ['an extension has no length', asked({ ...release, action: 'extend' }, 'Ada', 'more time', ''), /^Extend by: /],
  ['the action is none', asked({ ...release, action: 'destroy' }, 'Ada', 'because'), /no action/],
  ['the subject is none', asked({ ...release, subject: { instance: 'i-0"; drop' } }, 'Ada', 'because'), /instance id/],
  ['nothing is said', read({}), /no action/],
  ['it is no object', read('release'), /no action/],
])('is refused in a sentence when %s', (_, requested, sentence) => {
  expect(requested).toHaveProperty('problems');
  expect('problems' in requested && requested.problems.join()).toMatch(sentence);
});

it('asks for each of many by itself, as the plan that was shown', () => {
  const group = (nodegroup: string, plan: string) => ({
    remediation: 'upgrade-node-groups',
    subject: { cluster: 'shop', nodegroup },
    plan,
  });
  const form = { forms: { all: { [ACTION_FIELDS.who]: 'Ada', [ACTION_FIELDS.why]: 'tested' } } };
  const all = [group('web', '0123456789'), group('api', 'latest'), group('jobs', 'abcdefabcd')];
  const { changes, problems } = readRequestedChanges({ action: 'approve', all, widgetContext: form }, REMEDIATIONS);
  expect(changes.map(({ name, detail }) => [name, 'plan' in detail && detail.plan])).toEqual([
    ['shop/web', '0123456789'],
    ['shop/jobs', 'abcdefabcd'],
  ]);
  expect(problems).toEqual(['This is no action of the widget.']);
  // A fault of all of them is reported once.
  expect(readRequestedChanges({ action: 'approve', all }, REMEDIATIONS)).toEqual({
    changes: [],
    problems: ['Your name: is missing.', 'This is no action of the widget.'],
  });
  const tooMany = Array.from({ length: 201 }, () => group('web', '0123456789'));
  expect(readRequestedChanges({ action: 'approve', all: tooMany, widgetContext: form }, REMEDIATIONS).changes).toEqual(
    [],
  );
});

it('keeps the function that shows what came of it, if it is one', () => {
  const view = 'arn:aws:lambda:eu-central-1:111122223333:function:review';
  expect(asked({ ...release, view }, 'Ada', 'looked into it')).toMatchObject({ view });
  for (const strange of ['https://example.com', '"><script>', 7]) {
    expect(asked({ ...release, view: strange }, 'Ada', 'looked into it')).not.toHaveProperty('view');
  }
});
