import { DECISION_NAMES } from '../../shared/records/current-state.ts';
import { type DecisionKind, decisionKind } from '../../shared/records/record.ts';
import { html, type Markup } from '../../shared/widget/html.ts';
import type { Count } from '../time-axis.ts';
import type { Overview, Page } from '../view.ts';
import { decisionBadge } from './badge.ts';

const HEIGHT = 110;
const [TOP, BOTTOM, LEFT] = [6, 20, 34];

/** The number of records of each decision over time: stacked bars, with the sums in words. */
export function timeline({ counts, period }: Overview, { question, time }: Page): Markup {
  const { range, look } = question;
  const width = Math.round(Math.min(1_600, Math.max(360, look.width - 40)));
  const sums = decisionsIn(counts).map((decision): [DecisionKind, number] => [
    decision,
    counts.filter((count) => count.decision === decision).reduce((sum, { records }) => sum + records, 0),
  ]);
  const bars = [...Map.groupBy(counts, ({ at }) => at)].sort(([a], [b]) => a - b);
  const tallest = Math.max(1, ...bars.map(([, of]) => of.reduce((sum, { records }) => sum + records, 0)));
  const from = Math.floor(range.start / period.ms) * period.ms;
  const steps = Math.max(1, Math.ceil((range.end - from) / period.ms));
  const step = (width - LEFT - 4) / steps;
  const x = (at: number): number => LEFT + ((at - from) / period.ms) * step;
  const scale = (HEIGHT - TOP - BOTTOM) / tallest;
  const base = HEIGHT - BOTTOM;
  const summary = sums.map(([decision, records]) => `${records} ${DECISION_NAMES[decision]}`).join(', ');
  return html`<h3 id="ehr-timeline">Timeline</h3>
<p class="ehr-muted">${time.full(range.start)} to ${time.full(range.end)} (${look.timezone.label}), one bar per ${period.text}</p>
<svg role="img" aria-label="Records over time: ${summary === '' ? 'none' : summary}" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}">
<line class="ehr-axis" x1="${LEFT}" x2="${width}" y1="${base}" y2="${base}"></line>
<text x="${LEFT - 4}" y="${TOP + 8}" text-anchor="end">${tallest}</text><text x="${LEFT - 4}" y="${base}" text-anchor="end">0</text>
${bars.map(([at, of]) => bar(of, `${time.short(at)}`, { left: x(at), width: Math.max(2, step - 1), base, scale }))}
${[0, 0.25, 0.5, 0.75].map((part) => html`<text x="${(LEFT + part * (width - LEFT)).toFixed(0)}" y="${HEIGHT - 5}">${time.short(range.start + part * (range.end - range.start))}</text>`)}
</svg>
<ul class="ehr-legend" aria-label="Records in this time range">${sums.map(([decision, records]) => html`<li>${decisionBadge(decision)} ${records}</li>`)}</ul>
${sums.length === 0 ? html`<p>No record in this time range fits the filter.</p>` : undefined}`;
}

const decisionsIn = (counts: readonly Count[]): DecisionKind[] => {
  const present = new Set(counts.map(({ decision }) => decision));
  return decisionKind.options.filter((decision) => present.has(decision));
};

function bar(
  counts: readonly Count[],
  when: string,
  { left, width, base, scale }: { left: number; width: number; base: number; scale: number },
): Markup {
  let y = base;
  const parts = decisionsIn(counts).map((decision) => {
    const records = counts.filter((count) => count.decision === decision).reduce((sum, each) => sum + each.records, 0);
    const height = records * scale;
    y -= height;
    return html`<rect class="ehr-${decision}" x="${left.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${Math.max(1, height).toFixed(1)}"><title>${when}: ${records} ${DECISION_NAMES[decision]}</title></rect>`;
  });
  return html`${parts}`;
}
