import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import { BatchGetCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterEach, expect, it } from 'vitest';
import { apiWith, closeApis } from '../../shared/kubernetes/api-server.fixture.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { NOW, ONLINE, observation, worker } from '../observation.fixture.ts';
import { bringInstallations } from './install-agent.ts';

afterEach(closeApis);

const [DONE, OTHER] = ['i-0f3a5c7e9b1d2f4a6', 'i-0a1b2c3d4e5f60718'] as const;
const NODES = { [DONE]: 'ip-10-0-0-1', [OTHER]: 'ip-10-0-0-2' };
interface Item {
  readonly nodes: Readonly<Record<string, string>>;
  readonly revision: number;
}

/**
 * A table with the installation of one cluster.
 *
 * @param meanwhile what another reconcile writes just before a write of this one, by the number of that write from 1
 */
function ledgerWith(first: Item, meanwhile: Readonly<Record<number, Item>>) {
  let item = first;
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

it('keeps the installer of a node that another reconcile has begun at the same time', async () => {
  // Both have read the installation for the first node, which has its agent now.
  const before = { nodes: { [DONE]: NODES[DONE] }, revision: 1 };
  const { ledger, saved } = ledgerWith(before, { 2: { nodes: NODES, revision: 4 } });
  const { access, received } = await apiWith();
  const { endpoint, certificateAuthority } = access;
  const eks = new EKSClient({ region: 'eu-central-1', credentials: { accessKeyId: 'AKIATEST', secretAccessKey: 'x' } });
  const remedy = { kind: 'install-agent', cause: 'agent-missing', startedAt: NOW, attempt: 1 } as const;
  const decided = [
    {
      observation: observation(worker({ agent: ONLINE }), { remedy }),
      decision: { decision: 'done', reason: 'agent-cured', message: 'It answers.', variant: '', memory: {} } as const,
    },
  ];
  const { troubles } = await bringInstallations(
    { ledger, eks, clock, region: 'eu-central-1', timeoutSeconds: 60, caller: 'test' },
    async () => ({ kind: 'found', found: { endpoint, certificateAuthority: { data: certificateAuthority } } }) as never,
    { instances: new Map(), clusters: new Map(), requests: new Map() } as never,
    decided as never,
    'public.ecr.aws/amazonlinux/amazonlinux:2023',
  );
  expect(troubles).toEqual([]);
  expect(received.map(({ method }) => method)).toEqual(['DELETE', 'PATCH']);
  expect(received[1]?.body).toContain(NODES[OTHER]);
  expect(received[1]?.body).not.toContain(NODES[DONE]);
  expect(saved()).toMatchObject({ nodes: { [OTHER]: NODES[OTHER] }, revision: 6 });
});
