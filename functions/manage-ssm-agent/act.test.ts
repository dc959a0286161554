import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { InvalidInstanceId, SSMClient } from '@aws-sdk/client-ssm';
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

/** The error of a call, by its input; undefined: it is answered. */
type Answer = (input: { readonly InstanceIds?: readonly string[]; readonly RoleName?: string }) => Error | undefined;

/** Carries out the decisions about workers where AWS fails with these errors. @returns what is recorded */
async function carriedOut(
  { command, policy }: { readonly command?: Error | Answer; readonly policy?: Error | Answer },
  workers = WORKERS,
) {
  const ledger = createLedger(new DynamoDBClient({ region }), 'ledger');
  ledger.documents.send = async () => ({});
  const answering = <Client extends { send: unknown }>(client: Client, errors: Error | Answer | undefined): Client => {
    client.send = async ({ input }: { readonly input: Parameters<Answer>[0] }) => {
      const error = typeof errors === 'function' ? errors(input) : errors;
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
  const decided = workers.map((each) => ({ observation: each, decision: decide(each, circumstances) }));
  const scope = { instances: new Map(), clusters: new Map(), requests: new Map(), deferred: [] };
  const readCluster = () => Promise.reject(new Error('no cluster is read'));
  const [settled] = await Promise.allSettled([carryOut(deps as never, readCluster, scope, decided, circumstances)]);
  return {
    recorded,
    status: settled.status,
    ...(settled.status === 'rejected' && { reason: settled.reason as unknown }),
  };
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
    const { recorded, status, reason } = await carriedOut(errors);
    expect(status).toBe('rejected');
    expect(reason).toMatchObject({ errors: Object.values(errors) });
    const left = errors.command === undefined ? 'i-lacking' : 'i-old';
    expect([...recorded.keys()].sort()).toEqual(
      WORKERS.map(({ instanceId }) => instanceId)
        .filter((id) => id !== left)
        .sort(),
    );
  });

  it('for some workers keeps what has begun for others: the next delivery would do that again, and nobody would know', async () => {
    const outdated = ['i-1', 'i-2', 'i-3'].map((id) => of(id, worker({ agent: { ...ONLINE, latest: false } })));
    const silent = new InvalidInstanceId({ $metadata: {}, message: 'no' });
    const command: Answer = ({ InstanceIds: [first, ...others] = [] }) =>
      others.length > 0 ? silent : first === 'i-2' ? ofAws('ThrottlingException') : undefined;
    const updated = await carriedOut({ command }, outdated);
    expect([updated.status, [...updated.recorded.keys()]]).toEqual(['rejected', ['i-1']]);

    const role = (name: string) => findings({ profile: { ...LACKING, role: { ...LACKING.role, name } } });
    const lacking = ['busy', 'free'].map((name) => of(`i-${name}`, worker({ findings: role(name) })));
    const policy: Answer = ({ RoleName }) => (RoleName === 'busy' ? ofAws('Throttling') : undefined);
    const attached = await carriedOut({ policy }, lacking);
    expect([attached.status, [...attached.recorded.keys()]]).toEqual(['rejected', ['i-free']]);
  });
});
