import * as z from 'zod';
import { type Ledger, putItem, readItems } from '../shared/ledger/ledger.ts';

const PK = 'agent-install';

const installation = z.object({
  sk: z.string(),
  /** Node names, by the ids of the instances that the agent is being installed on. */
  nodes: z.record(z.string(), z.string()),
});

/** The nodes of a cluster that the agent is being installed on. The DaemonSet exists for these nodes only. */
export type InstallingNodes = Readonly<Record<string, string>>;

/** Reads the installations by cluster. A cluster that never had one is missing. */
export async function readInstallations(
  ledger: Ledger,
  clusters: readonly string[],
): Promise<Map<string, InstallingNodes>> {
  const items = await readItems(ledger, PK, clusters, installation);
  return new Map(items.map(({ sk, nodes }) => [sk, nodes]));
}

export async function saveInstallation(ledger: Ledger, cluster: string, nodes: InstallingNodes): Promise<void> {
  await putItem(ledger, { pk: PK, sk: cluster }, { nodes });
}
