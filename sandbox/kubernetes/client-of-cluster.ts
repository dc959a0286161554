import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createKubernetesClient, type KubernetesClient } from '../../functions/shared/kubernetes/client.ts';
import { CERTIFICATE, KEY } from '../../functions/shared/kubernetes/localhost.fixture.ts';
import { createPatience } from '../../functions/shared/kubernetes/patience.ts';
import { systemClock } from '../../functions/shared/runtime/system-clock.ts';
import { type TestClusterOptions, testCluster } from './kubernetes-test-cluster.ts';

export interface ClientOfCluster extends ReturnType<typeof testCluster> {
  readonly client: KubernetesClient;
  /** The client's requests since the last call of this: `GET nodes/a`. */
  asked(): string[];
  /** Runs a task once, before the next request of this method is answered. */
  beforeNext(method: string, task: () => Promise<unknown>): void;
  /** Lets virtual time pass, seconds. */
  wait(seconds: number): Promise<void>;
  close(): void;
}

/** The real client, over real sockets, of a test cluster whose responses take no virtual time. */
export async function clientOfCluster(options: TestClusterOptions = {}): Promise<ClientOfCluster> {
  const cluster = testCluster({ instant: true, ...options });
  const tasks: Array<{ readonly method: string; readonly task: () => Promise<unknown> }> = [];
  const server = createServer({ key: KEY, cert: CERTIFICATE }, async (request, response) => {
    const next = tasks.findIndex(({ method }) => method === request.method);
    if (next >= 0) for (const { task } of tasks.splice(next, 1)) await task();
    cluster.server.http.emit('request', request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const client = createKubernetesClient({
    cluster: 'prod',
    endpoint: `https://localhost:${port}`,
    certificateAuthority: Buffer.from(CERTIFICATE).toString('base64'),
    token: await cluster.token(),
    patience: createPatience(systemClock, 60_000),
  });
  let seen = 0;
  return {
    ...cluster,
    client,
    asked: () => {
      const since = cluster.calls.slice(seen);
      seen = cluster.calls.length;
      return since.map(({ operation, input }) => `${operation}${input.name === undefined ? '' : ` ${input.name}`}`);
    },
    beforeNext: (method, task) => tasks.push({ method, task }),
    wait: (seconds) => cluster.time.play(cluster.time.now + seconds * 1000),
    close: () => server.close(),
  };
}
