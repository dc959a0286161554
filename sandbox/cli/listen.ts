import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { UsageError } from '../../cli/usage-error.ts';
import type { EmbeddedAccount } from '../embedded-account.ts';
import { makeAuthority } from '../kubernetes/served-authority.ts';

/** How often virtual time is advanced to match real time, real ms. */
const TICK_MS = 50;

/**
 * Serves the account on a port of 127.0.0.1 while its time runs.
 *
 * @param speed virtual seconds per real second
 * @param duration how long, virtual ms; undefined: until interrupted (Ctrl-C)
 * @param onListening gets the address once clients can connect, and whether the clusters' APIs are served, too, for
 * kubectl
 * @throws UsageError when the port is not available
 */
export async function listen(
  account: EmbeddedAccount,
  { port, speed }: { readonly port: number; readonly speed: number },
  duration: number | undefined,
  onListening: (url: string, reach: { readonly clusters: boolean }) => void,
): Promise<void> {
  const { http } = account.server;
  http.listen(port, '127.0.0.1');
  await once(http, 'listening').catch((error: Error) => {
    throw new UsageError(`--listen: ${error.message}`);
  });
  const authority = await makeAuthority();
  const stopClusters = authority === undefined ? undefined : await account.kubernetes.serve(authority);
  onListening(`http://127.0.0.1:${portOf(http.address())}`, { clusters: authority !== undefined });

  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const [realStart, virtualStart] = [performance.now(), account.time.now];
  const end = duration === undefined ? Number.POSITIVE_INFINITY : virtualStart + duration;
  while (!interrupted && account.time.now < end) {
    const due = virtualStart + (performance.now() - realStart) * speed;
    await account.time.play(Math.min(Math.floor(due), end));
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  stopClusters?.();
  http.close();
  http.closeAllConnections();
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;
