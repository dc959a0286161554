import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReadRecord } from '../../shared/records/record-line.ts';
import { fleetStatusOf, type LastWord } from '../fleet-status.ts';
import { readQuestion } from '../question.ts';
import { createClockFace } from '../time-axis.ts';
import type { Incident, Overview, Page } from '../view.ts';
import { renderIncident, renderNotice, renderOverview } from './page.ts';

const NOW = Date.parse('2026-07-15T18:00:00Z');

/** A page, an overview and an incident in which every text that comes from outside is `text`. */
function filledWith(text: string, width = 1_200): { page: Page; overview: Overview; incident: Incident } {
  const outside = { cluster: text, nodegroup: text, instance: text };
  const record = (decision: ReadRecord['decision'], reason: string): ReadRecord => ({
    kind: 'record',
    version: 1,
    id: text,
    time: '2026-07-15T17:30:28.739Z',
    account: text,
    region: text,
    ...outside,
    remediation: 'quarantine-workers',
    decision,
    reason,
    message: text,
    hint: text,
    trigger: { id: text, type: text },
    calls: [],
    correlationId: text,
    latencyMs: 1,
    details: { any: text },
  });
  const question = readQuestion(
    {
      filter: { find: text, decision: text, remediation: text },
      trail: [{ second: 1, skip: 0 }],
      subject: outside,
      widgetContext: {
        theme: text,
        width,
        timezone: { label: text, offsetISO: '+02:00' },
        timeRange: { start: NOW - 3_600_000, end: NOW },
        forms: { all: { 'ehr-find': text, 'ehr-who': text } },
      },
    },
    NOW,
  );
  const instance = {
    InstanceId: text,
    Tags: [
      { Key: 'aws:eks:cluster-name', Value: text },
      { Key: 'eks:nodegroup-name', Value: text },
    ],
  };
  const word: LastWord = {
    ...outside,
    remediation: 'manage-ssm-agent',
    at: NOW,
    id: text,
    decision: 'done',
    reason: text,
  };
  const records = [record('done', 'quarantined'), record('failed', text)];
  return {
    page: {
      question,
      time: createClockFace('+02:00'),
      functions: ['quarantine-workers'],
      endpoints: { view: 'arn:view', act: 'arn:act' },
    },
    overview: {
      records,
      older: { second: 5, skip: 1 },
      period: { text: '1h', ms: 3_600_000 },
      counts: [{ at: NOW - 3_600_000, decision: 'failed', records: 2 }],
      clusters: fleetStatusOf([instance], [word, { ...word, instance: '' }]),
      moreWorkers: false,
      needs: [{ tone: 'failed', record: record('failed', text), actions: ['retry'] }],
      moreNeeds: 1,
      summary: [{ tone: 'failed', count: 2 }],
      readAt: NOW,
      sweptAt: NOW - 3_600_000,
    },
    incident: {
      subject: outside,
      records,
      standing: records,
      stale: true,
      offers: [{ action: 'release', remediation: text, subject: outside }],
      answer: { event: text, records },
      more: true,
    },
  };
}

const TAG = /<\/?[a-z][\w-]*(?:\s+[\w:-]+(?:="[^"<>]*")?)*\s*>/gi;

/** The tags of some markup with the names of their attributes: everything but what comes from outside and is chosen. */
function skeleton(markup: string): string {
  const tags = markup.match(TAG) ?? [];
  expect(markup.split('<').length - 1).toBe(tags.length);
  return tags.map((tag) => tag.replaceAll(/="[^"]*"/g, '').replace(' selected>', '>')).join('');
}

const allOf = (text: string): string[] => {
  const { page, overview, incident } = filledWith(text);
  return [renderOverview(overview, page), renderIncident(incident, page), renderNotice(text, page)];
};

describe('whatever comes from outside', () => {
  const plain = allOf('PLAIN').map(skeleton);

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    `' onmouseover='alert(1)`,
    '</style><script>alert(1)</script>',
    '</cwdb-action><cwdb-action action="call" endpoint="arn:evil">{}',
    '</title></svg><iframe src="javascript:alert(1)">',
    '&lt;script&gt;&#60;',
    '{{constructor}} $\\{alert(1)} `',
    '\u2028\u0000\uFFFE𝒳',
  ])('%j leaves the markup as it is', (text) => {
    expect(allOf(text).map(skeleton)).toEqual(plain);
  });

  it('leaves the markup as it is, whatever it is', () => {
    // A filter of nothing but blanks is none: the form stays closed then.
    const text = fc
      .string({ minLength: 1, unit: fc.constantFrom(...`<>"'\`&;=/ a-{}$\\`, 'script', 'on') })
      .filter((each) => each.trim() !== '');
    fc.assert(
      fc.property(text, (each) => {
        expect(allOf(each).map(skeleton)).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  });

  it('is shown as it is', () => {
    const { page, overview } = filledWith('a<b>c');
    expect(renderOverview(overview, page)).toContain('a&lt;b&gt;c');
  });
});

describe('what a button carries', () => {
  it('is JSON that says what was meant, also of strange names', () => {
    const { page, incident } = filledWith(`<"'&>`);
    const [, json = ''] = /display="popup"[^>]*>([^<]*)</.exec(renderIncident(incident, page)) ?? [];
    expect(JSON.parse(json)).toEqual({ ...incident.offers[0], view: 'arn:view' });
  });
});

it('fits into widths from narrow to wide, in the theme that was asked for', () => {
  for (const width of [400, 800, 1_600]) {
    const { page, overview } = filledWith('plain', width);
    const widest = [...renderOverview(overview, page).matchAll(/<svg[^>]* width="(\d+)"/g)].map(([, px]) => Number(px));
    expect(Math.max(...widest)).toBeLessThanOrEqual(width);
  }
  const dark = readQuestion({ widgetContext: { theme: 'dark' } }, NOW);
  const { page, overview } = filledWith('plain');
  expect(renderOverview(overview, { ...page, question: dark })).not.toBe(renderOverview(overview, page));
});
