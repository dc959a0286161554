import { onTestFinished } from 'vitest';
import type { CallRecord } from '../account/service.ts';
import { InMemoryNetwork } from '../lambda/in-memory-network.ts';
import { AccountServer } from '../wire/account-server.ts';
import { fleetServices } from './services.ts';
import type { TestAccount } from './test-account.ts';

/** The config of SDK clients that call the fleet's services over the wire, in memory. `records` are their calls. */
export function clientConfigOf({ state }: TestAccount) {
  const records: CallRecord[] = [];
  const server = new AccountServer({
    services: fleetServices(state),
    world: state.world,
    identify: () => ({ function: 'operator' }),
    onCall: (record) => records.push(record),
  });
  const network = new InMemoryNetwork(server.http).attach((effect) => effect());
  onTestFinished(() => network.detach());
  const clientConfig = {
    region: state.world.region,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestHandler: { httpsAgent: new network.https.Agent({ keepAlive: true }) },
    maxAttempts: 1,
  };
  return { clientConfig, records };
}
