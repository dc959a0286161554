import { EC2Client, EC2ServiceException } from '@aws-sdk/client-ec2';
import { onTestFinished } from 'vitest';
import { fleetServices } from '../../fleet/services.ts';
import { type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { InMemoryNetwork } from '../../lambda/in-memory-network.ts';
import { AccountServer } from '../../wire/account-server.ts';
import type { Instance } from './instances.ts';

/** An account with one cluster `c`, and a real client of its EC2. */
export interface Ec2Account {
  readonly at: TestAccount;
  readonly ec2: EC2Client;
  /** Workers of a node group, in launch order. */
  workers(nodeGroup?: string): Instance[];
}

/** A node group in a fleet file, with one node. */
export const nodeGroup = (more: object = {}) => ({
  name: 'g',
  desiredSize: 1,
  releaseVersion: '1.33.4-20260701',
  ...more,
});

/**
 * @param groups node groups of the fleet file
 * @param more further keys of its cluster, and of the file under `fleet`
 */
export function ec2Account(groups: object[] = [nodeGroup()], more: { fleet?: object; [key: string]: unknown } = {}) {
  const { fleet = {}, ...cluster } = more;
  const at = testAccount({ clusters: [{ name: 'c', version: '1.33', nodeGroups: groups, ...cluster }], ...fleet });
  const { world } = at.state;
  const server = new AccountServer({
    services: fleetServices(at.state),
    world,
    identify: () => ({ function: 'operator' }),
  });
  const network = new InMemoryNetwork(server.http).attach((effect) => effect());
  onTestFinished(() => network.detach());
  const ec2 = new EC2Client({
    region: world.region,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestHandler: { httpsAgent: new network.https.Agent({ keepAlive: true }) },
    maxAttempts: 1,
  });
  const workers = (name = 'g') =>
    at.state.instances.list().filter(({ tags }) => tags.get('eks:nodegroup-name') === name);
  return { at, ec2, workers } satisfies Ec2Account;
}

/** The error code of a refused call. */
export async function refusalCode(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof EC2ServiceException) return error.name;
    throw error;
  }
  throw new Error('the call was not refused');
}

/** The calls that CloudTrail has reported on the bus. */
export const trailed = ({ events }: TestAccount, eventName: string) =>
  events
    .filter(({ detailType }) => detailType === 'AWS API Call via CloudTrail')
    .map(({ detail, at, source }) => ({ at, source, ...(detail as { eventName: string }) }))
    .filter((call) => call.eventName === eventName);
