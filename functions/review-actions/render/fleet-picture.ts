import { type Host, imageNameOf, imagesOf, ownerOfGroup } from '../../shared/fleet/hosts.ts';
import { STATE_NAMES } from '../../shared/records/current-state.ts';
import { counted } from '../../shared/text/counted.ts';
import { html, type Markup } from '../../shared/widget/html.ts';
import { type FleetCluster, type FleetGroup, type FleetWorker, type SubjectStatus, TONES } from '../fleet-status.ts';
import type { Overview, Page } from '../view.ts';
import { badge, SIGNS } from './badge.ts';
import { incidentButton } from './button.ts';
import { otherNodesList } from './other-nodes.ts';

/** How many node groups and workers are drawn, most urgent first; the rest are counted. */
const MOST_GROUPS = 60;
const MOST_WORKERS = 80;
const SIZE = 16;
const DAY = 86_400_000;
/** How many different AMIs of a group are named, the oldest first. */
const MOST_IMAGES = 3;

type Hosts = Pick<Overview, 'hosts' | 'readAt'>;

/** Draws the fleet: clusters, node groups, and for each worker a square with the colour and the sign of its state. */
export function fleetPicture({ clusters, moreWorkers, ...fleet }: Overview, page: Page): Markup {
  const workers = clusters.flatMap(({ groups }) => groups.flatMap((group) => group.workers));
  const groups = clusters.reduce((sum, cluster) => sum + cluster.groups.length, 0);
  const perCluster = Math.max(1, Math.floor(MOST_GROUPS / Math.max(1, clusters.length)));
  return html`<h3>Fleet</h3>
<p class="ehr-muted">${counted(clusters.length, 'cluster')}, ${counted(groups, 'group')} with ${moreWorkers ? `${workers.length} or more workers` : counted(workers.length, 'worker')} now, each in the colour of its state, by what was recorded in 30 days.</p>
<ul class="ehr-legend" aria-label="Workers by state">${TONES.map(
    (tone) => [tone, workers.filter((worker) => worker.tone === tone).length] as const,
  )
    .filter(([, count]) => count > 0)
    .map(([tone, count]) => html`<li>${badge(tone)} ${count}</li>`)}</ul>
<div class="ehr-clusters">${clusters.slice(0, MOST_GROUPS).map((cluster) => picture(cluster, perCluster, fleet, page))}</div>
${clusters.length > MOST_GROUPS ? html`<p>${counted(clusters.length - MOST_GROUPS, 'more cluster is', 'more clusters are')} not drawn.</p>` : undefined}
${otherNodesList(fleet)}`;
}

const picture = ({ name, groups, ...status }: FleetCluster, most: number, fleet: Hosts, page: Page): Markup =>
  html`<section class="ehr-cluster" aria-label="Cluster ${name}"><h4>${incidentButton(page, name, { cluster: name })} ${standing(status)}</h4>
${groups.slice(0, most).map((group) => groupPicture(group, fleet, page))}
${groups.length > most ? html`<p class="ehr-muted">and ${counted(groups.length - most, 'more group')}</p>` : undefined}</section>`;

const standing = ({ tone, reason }: SubjectStatus): Markup | undefined =>
  tone === 'quiet' ? undefined : html`${badge(tone)} <span class="ehr-muted">${reason}</span>`;

function groupPicture(group: FleetGroup, fleet: Hosts, page: Page): Markup {
  const { cluster, nodegroup, owner, tone, reason, workers } = group;
  const name = nodegroup === '' ? (owner === 'auto-mode' ? 'EKS Auto Mode' : 'no group') : nodegroup;
  const label = nodegroup === '' ? html`<span>${name}</span>` : incidentButton(page, name, { cluster, nodegroup });
  return html`<div class="ehr-group">${label} ${standing({ tone, reason })}${whatTheyRun(workers, fleet)}${squares(workers, fleet, page)}</div>`;
}

/** Who owns the workers of a group, their operating systems, and their AMIs with the age of each. */
function whatTheyRun(workers: readonly FleetWorker[], { hosts: known, readAt }: Hosts): Markup | undefined {
  const hosts = workers.flatMap(({ instance }) => known.get(instance) ?? []);
  if (hosts.length === 0) return undefined;
  const images = imagesOf(hosts).map(({ image }) => image);
  const systems = [...new Set(images.map(({ system }) => system.os))].filter((os) => os !== '');
  const names = images.slice(0, MOST_IMAGES).map((image) => `${imageNameOf(image)}${ageOf(image, readAt)}`);
  const more = images.length > MOST_IMAGES ? [`${images.length - MOST_IMAGES} more`] : [];
  const strays = hosts.filter(({ owner }) => owner === 'stray').length;
  const owner = ownerOfGroup(hosts);
  const stopped = hosts.filter(({ isStopped }) => isStopped === true).length;
  const owners = [
    owner,
    ...(strays > 0 && owner !== 'stray' ? [counted(strays, 'stray')] : []),
    ...(stopped > 0 ? [`${stopped} stopped`] : []),
  ];
  const parts = [owners, systems, [...names, ...more]].map((part) => part.join(', ')).filter((part) => part !== '');
  return html`<div class="ehr-muted ehr-hosts">${parts.join(' · ')}</div>`;
}

const ageOf = ({ createdAt }: Host, readAt: number): string =>
  createdAt === undefined ? '' : `, ${counted(Math.max(0, Math.floor((readAt - createdAt) / DAY)), 'day')} old`;

function squares(workers: readonly FleetWorker[], { hosts }: Hosts, { question }: Page): Markup {
  const drawn = workers.slice(0, MOST_WORKERS);
  const columns = Math.max(10, Math.min(20, Math.floor((question.look.width - 80) / SIZE)));
  const rows = Math.ceil(drawn.length / columns);
  const byTone = TONES.map((tone) => ({ tone, count: workers.filter((worker) => worker.tone === tone).length }))
    .filter(({ count }) => count > 0)
    .map(({ tone, count }) => `${count} ${STATE_NAMES[tone]}`)
    .join(', ');
  const [width, height] = [Math.min(columns, drawn.length) * SIZE, rows * SIZE];
  return html`<svg role="img" aria-label="${counted(workers.length, 'worker')}: ${byTone}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${drawn.map(
    ({ instance, tone, reason }, index) => {
      const [x, y] = [(index % columns) * SIZE, Math.floor(index / columns) * SIZE];
      const host = hosts.get(instance);
      const runs =
        host === undefined
          ? ''
          : ` (${[host.owner, imageNameOf(host), ...(host.isStopped ? ['stopped'] : [])].join(', ')})`;
      return html`<g><title>${instance}: ${STATE_NAMES[tone]} ${reason}${runs}</title><rect class="ehr-${tone}" x="${x}" y="${y}" width="14" height="14" rx="2"></rect><text class="ehr-sign" x="${x + 7}" y="${y + 11}">${SIGNS[tone]}</text></g>`;
    },
  )}</svg>${workers.length > drawn.length ? html`<p class="ehr-muted">and ${workers.length - drawn.length} more</p>` : undefined}`;
}
