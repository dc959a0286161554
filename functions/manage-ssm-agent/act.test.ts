import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import type { Outcome } from '../shared/records/recorder.ts';
import { carryOut } from './act.ts';
import { decide } from './decide.ts';
import { findings, LACKING, NOW, ONLINE, observation, worker } from './observation.fixture.ts';

const region = 'eu-central-1';
const of = (instanceId: string, view: Parameters<typeof observation>[0]) => ({ ...observation(view), instanceId });
const WORKERS = [
  of('i-old', worker({ agent: { ...ONLINE, latest: false } })),
  of('i-lacking', worker({ findings: findings({ profile: LACKING }) })),
  of('i-shut', worker({ findings: findings({ network: { kind: 'closed', missing: 'No way.' } }) })),
];

/** Carries out the decisions about three workers where AWS fails with these errors. @returns what is recorded */
async function carriedOut({ command, policy }: { readonly command?: Error; readonly policy?: Error }) {
  const ledger = createLedger(new DynamoDBClient({ region }), 'ledger');
  ledger.documents.send = async () => ({});
  const answering = <Client extends { send: unknown }>(client: Client, error: Error | undefined): Client => {
    client.send = async () => {
      if (error !== undefined) throw error;
      return { $metadata: {}, Command: { CommandId: 'c-1' } };
    };
    return client;
  };
  const recorded = new Map<string, string>();
  const record = ({ subject, decision, reason, message }: Outcome<string>) =>
    recorded.set(subject.instance ?? '', `${decision} ${reason}: ${message}`);
  const deps = {
    eks: new EKSClient({ region }),
    iam: answering(new IAMClient({ region }), policy),
    ssm: answering(new SSMClient({ region }), command),
    ledger,
    recorder: {
      record,
      note: () => undefined,
      count: () => undefined,
      gauge: () => undefined,
      observe: () => undefined,
    },
    clock: { now: () => NOW },
    region,
    partition: 'aws',
    account: '111122223333',
    timeoutSeconds: 180,
    hostManagementRole: 'role',
    installerRegistries: [],
    caller: 'r-1',
  };
  const circumstances = { policy: parsePolicy('{}', 'enforce'), now: NOW, account: '111122223333' };
  const decided = WORKERS.map((each) => ({ observation: each, decision: decide(each, circumstances) }));
  const scope = { instances: new Map(), clusters: new Map(), requests: new Map(), deferred: [] };
  const readCluster = () => Promise.reject(new Error('no cluster is read'));
  const [settled] = await Promise.allSettled([carryOut(deps as never, readCluster, scope, decided, circumstances)]);
  return { recorded, status: settled.status };
}

const ofAws = (name: string, fault = 'client') => Object.assign(new Error('no'), { name, $fault: fault });

describe('a remedy that AWS refuses', () => {
  it('for good is told of with what it says, and keeps no other worker', async () => {
    const { recorded, status } = await carriedOut({
      command: ofAws('AccessDeniedException'),
      policy: ofAws('InvalidInputException'),
    });
    expect(status).toBe('fulfilled');
    expect(recorded.get('i-old')).toMatch(/^failed agent-update-failed: .*AccessDeniedException: no/);
    expect(recorded.get('i-lacking')).toMatch(/^failed role-lacks-ssm: InvalidInputException: no/);
    expect(recorded.get('i-shut')).toMatch(/^failed no-network-path/);
  });

  it.each([
    { command: ofAws('ThrottlingException') },
    { command: ofAws('InternalServerError', 'server') },
    { policy: ofAws('ConcurrentModificationException') },
  ])('for now begins with the next delivery, and keeps no other worker meanwhile: %o', async (errors) => {
    const { recorded, status } = await carriedOut(errors);
    expect(status).toBe('rejected');
    const left = errors.command === undefined ? 'i-lacking' : 'i-old';
    expect([...recorded.keys()].sort()).toEqual(
      WORKERS.map(({ instanceId }) => instanceId)
        .filter((id) => id !== left)
        .sort(),
    );
  });
});
