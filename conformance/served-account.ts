import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedAccount } from '../sandbox/embedded-account.ts';

/** A fleet for every call: the example of quarantines, scanned by Inspector. */
export function fleetOfEverything(): object {
  const file = join(import.meta.dirname, '..', 'sandbox', 'fleets', 'quarantine.json');
  const fleet: { clusters: object[] } = JSON.parse(readFileSync(file, 'utf8'));
  const vulnerability = { id: 'CVE-2026-31415', severity: 'HIGH', package: 'runc', publishedAt: '-1d' };
  const ssm = { otherPolicy: 'inline', commands: { script: { output: '6.12.0' } } };
  const inline = { name: 'workers', desiredSize: 2, ssm, exposure: { ipv6: true, branchInterfaces: 3 } };
  const network = { wayOut: 'nat', nodeEgress: [{ to: 'prefix-list' }] };
  const insights = ['1.34', '1.35'].map((kubernetesVersion) => ({
    name: `Removed in ${kubernetesVersion}`,
    kubernetesVersion,
  }));
  const clusters = [
    ...fleet.clusters.map((cluster) => ({ ...cluster, insights })),
    { name: 'inline', version: '1.33', network, vpc: { connectEndpoint: true }, nodeGroups: [inline] },
  ];
  const calendars = [{ name: 'release-freeze', events: [{ from: '+30d', until: '+31d' }] }];
  const kubernetesVersions = ['1.32', '1.34'].map((version) => ({
    version,
    endOfStandardSupport: '+90d',
    endOfExtendedSupport: '+455d',
  }));
  return { ...fleet, clusters, calendars, kubernetesVersions, inspector: { vulnerabilities: [vulnerability] } };
}

/** Serves an account on a free port of the loopback interface. @returns its address */
export async function serveAccount({ server }: EmbeddedAccount): Promise<string> {
  server.http.listen(0, '127.0.0.1');
  await once(server.http, 'listening');
  const address = server.http.address();
  if (typeof address !== 'object' || address === null) throw new Error('the account has no port');
  return `http://127.0.0.1:${address.port}`;
}

export function stopServing({ server }: EmbeddedAccount): void {
  server.http.close();
  server.http.closeAllConnections();
}
