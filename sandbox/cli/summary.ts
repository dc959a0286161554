import { table } from '../../cli/table.ts';
import type { RemediationRecord } from '../../functions/shared/records/record.ts';
import type { EmbeddedAccount } from '../embedded-account.ts';
import { amiAges, median } from '../fleet/ami-age.ts';

/** The final summary for a person: what each node group runs, what was decided, how old the AMIs are. */
export function summarize(account: EmbeddedAccount, records: readonly RemediationRecord[], calls: number): string {
  const ages = amiAges(account.fleet);
  const aboutGroups = records.filter(({ instance }) => instance === undefined);
  const latest = new Map(aboutGroups.map((record) => [`${record.cluster}/${record.nodegroup}`, record]));
  const groups = account.snapshot().clusters.flatMap((cluster) =>
    cluster.nodeGroups.map(({ name, amiType, releaseVersion, status, nodes }) => {
      const { decision = '', reason = '' } = latest.get(`${cluster.name}/${name}`) ?? {};
      return [`${cluster.name}/${name}`, amiType, releaseVersion, status, String(nodes.length), decision, reason];
    }),
  );
  const counts = new Map<string, number>();
  for (const { decision } of records) counts.set(decision, (counts.get(decision) ?? 0) + 1);
  return [
    table([['node group', 'AMI type', 'release', 'status', 'nodes', 'last decision', 'reason'], ...groups]),
    '',
    `  ${records.length} records: ${[...counts].map(([decision, count]) => `${count} ${decision}`).join(', ')}`,
    `  ${calls} AWS calls of functions; dead letters: ${deadLetters(account)}`,
    `  AMI age of nodes: median ${median(ages).toFixed(1)} days, oldest ${Math.max(0, ...ages).toFixed(1)} days`,
  ].join('\n');
}

/** Number of messages in dead-letter queues (those without one of their own), and of deliveries without any. */
const deadLetters = ({ sqs, deliveries, lambda }: EmbeddedAccount): number =>
  sqs.queues
    .filter(({ settings }) => settings.redrive === undefined)
    .reduce((sum, queue) => sum + queue.counts().visible, deliveries.lost.length + lambda.dropped.length);
