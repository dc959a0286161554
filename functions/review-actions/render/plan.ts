import { ACTION_FIELDS } from '../../shared/intake/operator-action.ts';
import type { RecordSubject } from '../../shared/records/record.ts';
import { counted } from '../../shared/text/counted.ts';
import { html, jsonContent, type Markup } from '../../shared/widget/html.ts';
import type { FleetPlan, Page } from '../view.ts';
import { decisionBadge } from './badge.ts';
import { incidentButton, viewButton } from './button.ts';
import { isNarrow } from './width.ts';

type Line = FleetPlan['lines'][number];

/** A button that opens the plan, limited to a cluster where one is given. */
export const planButton = (page: Page, label = 'Plan', cluster?: string): Markup =>
  viewButton(page, label, {
    page: 'plan',
    filter: page.question.filter,
    ...(cluster !== undefined && { subject: { cluster } }),
  });

/** Renders the next steps in order, and the buttons that approve one, a wave, or all that is shown. */
export function plan(found: FleetPlan, page: Page): Markup {
  const { lines, more, clusters, readAt } = found;
  const { filter, subject } = page.question;
  const cluster = subject?.cluster;
  const proposed = lines.filter(({ approval }) => approval !== undefined);
  const byCluster =
    clusters.length < 2 || cluster !== undefined
      ? undefined
      : html`<p>Only ${clusters.map((name) => planButton(page, name, name))}</p>`;
  return html`<p>${viewButton(page, 'Back', { filter })}${planButton(page, 'Refresh', cluster)}${cluster === undefined ? undefined : planButton(page, 'All clusters')}</p>
<h2>What comes next${cluster === undefined ? '' : ` in ${cluster}`}</h2>
<p class="ehr-muted">As the last looks left it; ${counted(proposed.length, 'proposal')} to approve. Read at ${page.time.short(readAt)}.</p>
${byCluster}${proposed.length === 0 ? undefined : approvals(proposed, page)}
${lines.length === 0 ? html`<p>Nothing is known of any node group yet.</p>` : table(lines, page)}
${more > 0 ? html`<p class="ehr-muted">and ${more} more: choose a cluster, or use plan of the command.</p>` : undefined}`;
}

/** The buttons that approve all proposals on the page, or all of a wave, exactly as they are shown. */
function approvals(proposed: readonly Line[], page: Page): Markup {
  const waves = Map.groupBy(
    proposed.filter(({ wave }) => wave !== undefined),
    ({ wave = '' }) => wave,
  );
  return html`<h3>Approve</h3>
<form method="dialog" aria-label="Approve"><label>Your name (required) <input name="${ACTION_FIELDS.who}" required maxlength="200" autocomplete="name"></label>
<label>Reason (required) <input name="${ACTION_FIELDS.why}" required minlength="3" maxlength="500" size="40"></label></form>
<p>${[...waves].map(([wave, lines]) => approveButton(`Approve wave ${wave}`, lines, page))}${approveButton('Approve all', proposed, page)}</p>
<p class="ehr-muted">Each is approved as the plan that is shown here. If something else is proposed meanwhile, it is refused. To approve one, open it.</p>`;
}

function approveButton(label: string, lines: readonly Line[], { endpoints }: Page): Markup {
  const all = lines.flatMap(({ approval }) => {
    if (approval === undefined) return [];
    const { remediation, subject, plan: id } = approval;
    return [{ remediation, subject, plan: id }];
  });
  const carried = { action: 'approve', all, view: endpoints.view };
  const names = lines.map(nameOf).join(', ');
  return html`<button type="button" class="btn ehr-primary">${label} (${lines.length})</button><cwdb-action action="call" display="popup" endpoint="${endpoints.act}" confirmation="${`Approve ${counted(lines.length, 'proposal')}: ${names}?`}">${jsonContent(carried)}</cwdb-action>`;
}

function table(lines: readonly Line[], page: Page): Markup {
  const narrow = isNarrow(page);
  const hasWaves = lines.some(({ wave }) => wave !== undefined);
  return html`<div class="ehr-scroll" tabindex="0" role="region" aria-label="Plan"><table><caption class="ehr-muted">What is under way, who starts in which order and not before when, then all others and why</caption>
<thead><tr><th scope="col">Place</th>${hasWaves ? html`<th scope="col">Wave</th>` : undefined}<th scope="col">About</th><th scope="col">Decision</th><th scope="col">Not before</th><th scope="col">What</th></tr></thead>
<tbody>${lines.map((line) => row(line, hasWaves, narrow, page))}</tbody></table></div>`;
}

function row(line: Line, hasWaves: boolean, narrow: boolean, page: Page): Markup {
  const { place, wave, notBefore, decision, reason, record } = line;
  const id = record?.details?.plan;
  // In a card, a bare number has no meaning.
  const order = place === undefined ? '' : narrow ? `place ${place}` : String(place);
  const when = notBefore === undefined ? '' : `${narrow ? 'not before ' : ''}${page.time.full(notBefore)}`;
  return html`<tr><td>${order}</td>${hasWaves ? html`<td>${wave ?? ''}</td>` : undefined}<td class="ehr-about">${incidentButton(page, nameOf(line), subjectOf(line))}</td><td class="ehr-decision">${
    decision === undefined ? undefined : decisionBadge(decision)
  }</td><td class="ehr-time">${when}</td><td class="ehr-why"><strong>${reason}</strong> ${record?.message ?? ''}${
    typeof id === 'string' ? html` <span class="ehr-muted">plan ${id}</span>` : undefined
  }</td></tr>`;
}

const nameOf = ({ cluster, nodegroup, instance }: Pick<Line, 'cluster' | 'nodegroup' | 'instance'>): string =>
  [cluster, nodegroup, instance].filter((part) => part !== '').join('/');

const subjectOf = ({
  cluster,
  nodegroup,
  instance,
}: Pick<Line, 'cluster' | 'nodegroup' | 'instance'>): RecordSubject => ({
  ...(cluster !== '' && { cluster }),
  ...(nodegroup !== '' && { nodegroup }),
  ...(instance !== '' && { instance }),
});
