import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import { BatchGetCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { apiWith, closeApis, type Reply } from '../../shared/kubernetes/api-server.fixture.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import type { Scope } from '../batch.ts';
import { say } from '../decision.ts';
import { NOW, ONLINE, observation, worker } from '../observation.fixture.ts';
import { bringInstallations } from './install-agent.ts';
import type { Decided } from './remedy.ts';

afterEach(closeApis);

const [DONE, OTHER] = ['i-0f3a5c7e9b1d2f4a6', 'i-0a1b2c3d4e5f60718'] as const;
const NODES = { [DONE]: 'ip-10-0-0-1', [OTHER]: 'ip-10-0-0-2' };
interface Item {
  readonly nodes: Readonly<Record<string, string>>;
  readonly revision: number;
}
const BEFORE: Item = { nodes: { [DONE]: NODES[DONE] }, revision: 1 };

/**
 * A table with the installation of one cluster, for the first node.
 *
 * @param meanwhile what another reconcile writes just before a write of this one, by the number of that write from 1
 */
function ledgerWith(meanwhile: Readonly<Record<number, Item>> = {}) {
  let item = BEFORE;
  let writes = 0;
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
  const send = async (command: object) => {
    if (command instanceof BatchGetCommand) return { Responses: { ledger: [{ sk: 'shop', ...item }] } };
    if (!(command instanceof PutCommand)) throw new Error(`not expected: ${command.constructor.name}`);
    writes += 1;
    item = meanwhile[writes] ?? item;
    if (command.input.ExpressionAttributeValues?.[':read'] !== item.revision)
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    item = command.input.Item as unknown as Item;
    return {};
  };
  return { ledger: { documents: Object.assign(documents, { send }), table: 'ledger' }, saved: () => item };
}

const INSTALLING = { kind: 'install-agent', cause: 'agent-missing', startedAt: NOW, attempt: 1 } as const;
/** The first node has its agent now. */
const ENDED: Decided = {
  observation: observation(worker({ agent: ONLINE }), { remedy: INSTALLING }),
  decision: say('done', 'agent-cured', 'It answers.', {}),
};
/** The agent of another node is to be installed. */
const BEGINNING: Decided = {
  observation: { ...observation(worker()), instanceId: OTHER },
  decision: { ...say('acted', 'agent-install-started', '', { remedy: INSTALLING }), begin: 'install-agent' },
};
const NOTHING: Scope = { instances: new Map(), clusters: new Map(), requests: new Map(), deferred: [] };

async function bringing(
  { ledger }: Pick<ReturnType<typeof ledgerWith>, 'ledger'>,
  decided: readonly Decided[],
  { readCluster, replies = [] }: { readonly readCluster?: ClusterReader; readonly replies?: readonly Reply[] } = {},
) {
  const { access, received } = await apiWith(...replies);
  const { endpoint, certificateAuthority: data } = access;
  const found = { endpoint, certificateAuthority: { data } };
  const eks = new EKSClient({ region: 'eu-central-1', credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'x' } });
  const installations = await bringInstallations(
    { ledger, eks, clock, region: 'eu-central-1', timeoutSeconds: 60, caller: 'test' },
    readCluster ?? (async () => ({ kind: 'found', found })),
    NOTHING,
    decided,
    'public.ecr.aws/amazonlinux/amazonlinux:2023',
  );
  return { ...installations, received };
}

describe('where another reconcile changes the installation at the same time', () => {
  it('keeps the installer of a node that the other has begun', async () => {
    // Both have read the installation for the first node.
    const { ledger, saved } = ledgerWith({ 2: { nodes: NODES, revision: 4 } });
    const { troubles, received } = await bringing({ ledger }, [ENDED]);
    expect(troubles).toEqual([]);
    expect(received.map(({ method }) => method)).toEqual(['DELETE', 'PATCH']);
    expect(received[1]?.body).toContain(NODES[OTHER]);
    expect(received[1]?.body).not.toContain(NODES[DONE]);
    expect(saved()).toMatchObject({ nodes: { [OTHER]: NODES[OTHER] }, revision: 6 });
  });

  it('gives up after some tries, and tells so only when what has begun for others is remembered', async () => {
    const others = [2, 3, 4].map((revision) => ({ ...BEFORE, revision }));
    const ledger = ledgerWith(Object.fromEntries(others.map((item, index) => [index + 1, item])));
    const replies = others.map(() => ({ body: { items: [] } }));
    const { troubles, beginnings } = await bringing(ledger, [ENDED, BEGINNING], { replies });
    expect(troubles).toMatchObject([{ name: 'InstallationConflict' }]);
    expect(beginnings.get(OTHER)?.kind).toBe('deferred');
  });
});

it('runs on the node of the worker, and on no other one that names its instance', async () => {
  const impostor = 'ip-10-0-0-9';
  const wanting: Decided = {
    ...BEGINNING,
    observation: { ...observation(worker({ privateDnsName: NODES[OTHER] })), instanceId: OTHER },
  };
  const nodeNamed = (name: string) => ({
    metadata: { name },
    spec: { providerID: `aws:///eu-central-1a/${OTHER}` },
    status: { nodeInfo: { osImage: 'Amazon Linux 2023.6.20250303', architecture: 'amd64' } },
  });
  const both = await bringing(ledgerWith(), [wanting], {
    replies: [{ body: { items: [nodeNamed(NODES[OTHER]), nodeNamed(impostor)] } }],
  });
  expect(both.beginnings.get(OTHER)?.kind).toBe('begun');
  expect(both.received.at(-1)?.body).toContain(NODES[OTHER]);
  expect(both.received.at(-1)?.body).not.toContain(impostor);

  const alone = await bringing(ledgerWith(), [wanting], { replies: [{ body: { items: [nodeNamed(impostor)] } }] });
  expect(alone.beginnings.get(OTHER)).toMatchObject({ kind: 'refused', reason: 'agent-not-installable' });
});

it('tells of a cluster that cannot be read while its installer is to be taken back', async () => {
  const error = 'ServerException: not now';
  const unreadable = { kind: 'unreadable', error, code: 'ServerException', isThrottled: false } as const;
  const { troubles } = await bringing(ledgerWith(), [ENDED], { readCluster: async () => unreadable });
  expect(troubles).toMatchObject([{ message: error }]);
});
