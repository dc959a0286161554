import type { OtherNodesSeen } from '../../shared/ledger/other-nodes-ledger.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import { html, type Markup } from '../../shared/widget/html.ts';
import type { Overview } from '../view.ts';

/** How many clusters are listed. */
const MOST_CLUSTERS = 60;
/** How many different systems of a kind are named. */
const MOST_SYSTEMS = 3;

/** Lists the nodes of Fargate and hybrid nodes, by cluster, and the clusters that do not let them be seen. */
export function otherNodesList({ otherNodes }: Pick<Overview, 'otherNodes'>): Markup | undefined {
  if (otherNodes.size === 0) return undefined;
  const clusters = [...otherNodes].toSorted(([one], [other]) => (one < other ? -1 : 1));
  const left = clusters.length - MOST_CLUSTERS;
  return html`<p class="ehr-muted">Not EC2 instances, as they were last seen:</p>
<ul>${clusters.slice(0, MOST_CLUSTERS).map(([name, seen]) => html`<li>${name}: ${phraseOf(seen)}</li>`)}</ul>
${left > 0 ? html`<p class="ehr-muted">and ${counted(left, 'more cluster')}</p>` : undefined}`;
}

const NAMES: Readonly<Record<OtherNodesSeen['nodes'][number]['kind'], readonly [one: string, many: string]>> = {
  fargate: ['node of Fargate', 'nodes of Fargate'],
  hybrid: ['hybrid node', 'hybrid nodes'],
};

function phraseOf({ nodes, more, unseen, seenAt }: OtherNodesSeen): string {
  if (unseen !== undefined) return `nodes of Fargate and hybrid nodes are not seen. ${unseen}`;
  const kinds = [...Map.groupBy(nodes, ({ kind }) => kind)].map(([kind, same]) => {
    const runs = [...new Set(same.map(({ osImage, kubeletVersion }) => `${osImage} with kubelet ${kubeletVersion}`))];
    const left = runs.length - MOST_SYSTEMS;
    const named = [...runs.slice(0, MOST_SYSTEMS), ...(left > 0 ? [`${left} more`] : [])].join(', ');
    return `${counted(same.length, ...NAMES[kind])} · ${named}`;
  });
  const beyond = more > 0 ? `; ${counted(more, 'more node')}` : '';
  return `${kinds.join('; ')}${beyond} (${iso(seenAt).slice(0, 10)})`;
}
