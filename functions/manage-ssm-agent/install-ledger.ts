import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';

export const INSTALL_PK = 'agent-install';
const PK = INSTALL_PK;

const installation = z.object({
  sk: z.string(),
  /** Node names, by the ids of the instances that the agent is being installed on. */
  nodes: z.record(z.string(), z.string()),
  /** Counts writes. An item of an early version has none. */
  revision: z.number().default(0),
});

/** The nodes of a cluster that the agent is being installed on. The DaemonSet exists for these nodes only. */
export type InstallingNodes = Readonly<Record<string, string>>;

/** What is being installed in a cluster, as read. */
export interface Installation {
  readonly nodes: InstallingNodes;
  readonly revision: number;
}

/** Two reconciles changed the installation of a cluster at once: the later one must read again. */
export class InstallationConflict extends Error {
  override readonly name = 'InstallationConflict';
}

/** Reads the installations by cluster. A cluster that never had one is missing. */
export async function readInstallations(
  ledger: Ledger,
  clusters: readonly string[],
): Promise<Map<string, Installation>> {
  const items = await readItems(ledger, PK, clusters, installation);
  return new Map(items.map(({ sk, nodes, revision }) => [sk, { nodes, revision }]));
}

/**
 * Replaces the nodes unless somebody has written since the installation was read. Otherwise the DaemonSet that another
 * reconcile has just made would be forgotten, and stay.
 *
 * @param writer unique name of this write, by invocation and step
 * @throws InstallationConflict when somebody has
 */
export async function saveInstallation(
  ledger: Ledger,
  cluster: string,
  { nodes, revision }: Installation,
  writer: string,
): Promise<Installation> {
  const saved = await saveUnlessWritten(ledger, { pk: PK, sk: cluster }, { nodes, revision }, writer);
  if (saved !== undefined) return saved;
  throw new InstallationConflict(
    `Another reconcile changed the installation of agents in ${cluster} at the same time.`,
  );
}
