import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../shared/fleet/hosts.ts';
import type { ReadRecord } from '../../shared/records/record-line.ts';
import { fleetStatusOf, type LastWord } from '../fleet-status.ts';
import { readQuestion } from '../question.ts';
import { createClockFace } from '../time-axis.ts';
import type { FleetPlan, Incident, Overview, Page, Posture } from '../view.ts';
import { renderIncident, renderNotice, renderOverview, renderPlan, renderPosture } from './page.ts';

const NOW = Date.parse('2026-07-15T18:00:00Z');

const hostNamed = (name: string): Host => ({
  owner: 'managed',
  launchedAt: NOW,
  imageId: name,
  name,
  system: { os: 'Amazon Linux 2023', containerOptimized: false },
  createdAt: NOW - 12.5 * 86_400_000,
  isDeprecated: true,
  isAllowed: false,
});

/** A page, an overview and an incident in which every text that comes from outside is `text`. */
function filledWith(
  text: string,
  width = 1_200,
): { page: Page; overview: Overview; incident: Incident; posture: Posture; fleetPlan: FleetPlan } {
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
      { Key: 'aws:autoscaling:groupName', Value: text },
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
      hosts: new Map([[text, hostNamed(text)]]),
      moreWorkers: false,
      otherNodes: new Map([
        [
          text,
          {
            seenAt: NOW,
            nodes: [{ name: text, kind: 'fargate', kubeletVersion: text, osImage: text, ready: true }],
            more: 2,
          },
        ],
        [`${text} too`, { seenAt: NOW, nodes: [], more: 0, unseen: text }],
      ]),
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
    fleetPlan: {
      lines: [
        {
          ...outside,
          remediation: text,
          decision: 'would-act',
          reason: text,
          id: text,
          place: 1,
          wave: text,
          notBefore: NOW,
          record: { ...record('would-act', text), details: { plan: text } },
          approval: { action: 'approve', remediation: text, subject: outside, plan: text },
        },
        { ...outside, remediation: text, reason: text, id: '' },
      ],
      more: 3,
      clusters: [text, 'other'],
      readAt: NOW,
    },
    posture: {
      groups: new Map([
        [
          text,
          {
            checkedAt: NOW,
            verdicts: { '3.2.1': 'PASS', '3.2.4': 'FAIL', '3.2.5': 'FAIL', 'SELINUX.1': 'MANUAL', 'SSH.4': 'N/A' },
            findings: {
              '3.2.4': { since: NOW - 3_600_000, correlationId: text, evidence: [text, text] },
              '3.2.5': { since: NOW, correlationId: text, waiver: { id: text, until: NOW + 3_600_000 } },
            },
            notes: { 'SELINUX.1': text },
            revision: 1,
          },
        ],
      ]),
    },
  };
}

const TAG = /<\/?[a-z][\w-]*(?:\s+[\w:-]+(?:="[^"<>]*")?)*\s*>/gi;

/** The tags of some markup with the names of their attributes, without content and values that come from outside. */
function skeleton(markup: string): string {
  const tags = markup.match(TAG) ?? [];
  expect(markup.split('<').length - 1).toBe(tags.length);
  return tags.map((tag) => tag.replaceAll(/="[^"]*"/g, '').replace(' selected>', '>')).join('');
}

const allOf = (text: string): string[] => {
  const { page, overview, incident, posture, fleetPlan } = filledWith(text);
  return [
    renderPlan(fleetPlan, page),
    renderOverview(overview, page),
    renderIncident(incident, page),
    renderPosture(posture, page),
    renderNotice(text, page),
  ];
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
    // A filter of nothing but blanks counts as none, so the form stays closed.
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

describe('the fleet', () => {
  const { page, overview } = filledWith('web');
  const hostsIn = (more: Partial<Overview>): string =>
    /<div class="ehr-muted ehr-hosts">([^<]*)</.exec(renderOverview({ ...overview, ...more }, page))?.[1] ?? 'nothing';

  it('says who owns the workers of a group, and what they run', () => {
    expect(hostsIn({})).toBe('managed · Amazon Linux 2023 · web (deprecated, not allowed), 12 days old');
    expect(renderOverview(overview, page)).toContain('(managed, web (deprecated, not allowed))</title>');
  });

  it('names workers that have left their group, and of many AMIs the oldest', () => {
    const [group] = overview.clusters[0]!.groups;
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const workers = ids.map((instance) => ({ ...group!.workers[0]!, instance }));
    const clusters = [{ ...overview.clusters[0]!, groups: [{ ...group!, workers }] }];
    const hosts = new Map(
      ids.map((id, index) => {
        const createdAt = NOW - index * 86_400_000;
        const owner = index === 4 ? ('stray' as const) : ('managed' as const);
        return [id, { ...hostNamed(id), owner, createdAt, isDeprecated: false, isAllowed: true }];
      }),
    );
    expect(hostsIn({ clusters, hosts })).toBe(
      'managed, 1 stray · Amazon Linux 2023 · e, 4 days old, d, 3 days old, c, 2 days old, 2 more',
    );
  });

  it('counts and names the workers that are stopped, as in a warm pool', () => {
    const hosts = new Map([['web', { ...hostNamed('web'), isStopped: true as const }]]);
    expect(hostsIn({ hosts })).toBe(
      'managed, 1 stopped · Amazon Linux 2023 · web (deprecated, not allowed), 12 days old',
    );
    expect(renderOverview({ ...overview, hosts }, page)).toContain('not allowed), stopped)</title>');
  });

  it('is shown without what EC2 does not tell', () => {
    expect(hostsIn({ hosts: new Map() })).toBe('nothing');
    expect(renderOverview({ ...overview, hosts: new Map() }, page)).toContain('1 worker');
  });
});

describe('what a button carries', () => {
  it('is JSON that says what was meant, also of strange names', () => {
    const { page, incident } = filledWith(`<"'&>`);
    const [, json = ''] = /display="popup"[^>]*>([^<]*)</.exec(renderIncident(incident, page)) ?? [];
    expect(JSON.parse(json)).toEqual({ ...incident.offers[0], view: 'arn:view' });
  });
});

describe('the page of the plan', () => {
  it('approves all that is shown, or a wave, as the plans that are shown', () => {
    const { page, fleetPlan } = filledWith('shop');
    const [proposed, ...others] = fleetPlan.lines;
    const lines = [
      ...[
        { nodegroup: 'web', wave: 'canary' },
        { nodegroup: 'api', wave: 'prod' },
      ].map(({ nodegroup, wave }) => {
        const approval = { ...proposed!.approval!, subject: { cluster: 'shop', nodegroup } };
        return { ...proposed!, nodegroup, instance: '', wave, approval };
      }),
      // No function takes an approval of this proposal.
      { ...proposed!, nodegroup: 'told-only', instance: '', approval: undefined as never },
      ...others,
    ];
    const markup = renderPlan({ ...fleetPlan, lines }, page);
    const buttons = [...markup.matchAll(/<button[^>]*>(Approve[^<]*)<\/button><cwdb-action[^>]*>([^<]*)</g)];
    expect(
      buttons.map(([, label = '', json = '']) => [
        label,
        JSON.parse(json).all.map((one: { subject: object }) => one.subject),
      ]),
    ).toEqual([
      ['Approve wave canary (1)', [{ cluster: 'shop', nodegroup: 'web' }]],
      ['Approve wave prod (1)', [{ cluster: 'shop', nodegroup: 'api' }]],
      [
        'Approve all (2)',
        [
          { cluster: 'shop', nodegroup: 'web' },
          { cluster: 'shop', nodegroup: 'api' },
        ],
      ],
    ]);
    expect(JSON.parse(buttons[0]?.[2] ?? '')).toMatchObject({
      action: 'approve',
      view: 'arn:view',
      all: [{ plan: 'shop' }],
    });
    expect(markup).toContain('confirmation="Approve 1 proposal: shop/web?"');
  });

  it('offers nothing to approve where nothing is proposed', () => {
    const { page, fleetPlan } = filledWith('shop');
    const markup = renderPlan({ ...fleetPlan, lines: fleetPlan.lines.slice(1), more: 0 }, page);
    expect(markup).not.toContain('<h3>Approve</h3>');
    expect(markup).toContain('0 proposals to approve');
  });
});

describe('the page of posture', () => {
  const cellsIn = (markup: string): string[] =>
    [...markup.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => cell.replaceAll(/<[^>]*>/g, ' ').trim());

  it('shows each check of each group, and of what is open the evidence, what to do, and since when', () => {
    const { page, posture } = filledWith('shop/web');
    const markup = renderPosture(posture, page);
    expect(cellsIn(markup).slice(0, 5)).toEqual(['✓', '✗', 'w', '?', '–']);
    expect(markup).toContain('1 groups, by what was found');
    const [failing = '', waived = '', open = ''] = markup.split('<h3>')[1]?.split('<tr>').slice(2) ?? [];
    expect(failing).toContain('<strong>3.2.4</strong> FAIL');
    expect(failing).toContain('since 2026-07-15 19:00:00');
    expect(failing).toContain('<ul><li>shop/web</li><li>shop/web</li></ul>');
    expect(failing).toContain('Key: readOnlyPort 0');
    expect(waived).toContain('waived (shop/web) until 2026-07-15 21:00:00');
    expect(open).toContain('SELINUX.1');
    // The page also shows what EKS Auto Mode provides.
    expect(open).toContain('SELinux enforces');
  });

  it('says so where no group was looked at yet', () => {
    const { page } = filledWith('shop/web');
    expect(renderPosture({ groups: new Map() }, page)).toContain('No group was looked at yet');
  });

  it('leaves out what Auto Mode gives where it is narrow, and counts groups that it does not draw', () => {
    const { page, posture } = filledWith('shop/web', 390);
    const [state] = posture.groups.values();
    const groups = new Map(Array.from({ length: 70 }, (_, at) => [`shop/web-${at}`, state!]));
    const markup = renderPosture({ groups }, page);
    expect(markup).not.toContain('Auto Mode gives');
    expect(markup).toContain('10 more groups are not drawn');
    expect(markup).toContain('more: open a group above');
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

it.each([
  [undefined, 'No sweep has finished in 30 days'],
  [NOW - 26 * 3_600_000, 'No sweep has finished since'],
  [NOW - 24 * 3_600_000 - 10 * 60_000, undefined],
])('an overview warns of a fleet that no sweep has looked at for more than a day: %s', (sweptAt, warning) => {
  const { page, overview } = filledWith('shop');
  const shown = renderOverview({ ...overview, readAt: NOW, sweptAt }, page);
  expect(shown.includes('No sweep has finished')).toBe(warning !== undefined);
  expect(shown).toContain(warning ?? '');
});
