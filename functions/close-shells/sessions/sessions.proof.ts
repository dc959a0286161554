import { expect, it } from 'vitest';
import { makeSessionsReconcileRequest } from '../../../events/shells-reconcile-request.ts';
import type { Run } from '../../../sandbox/play.ts';
import { MINUTE, start } from '../../../test/harness.ts';
import { deniedCalls } from '../../../test/iam.ts';
import { fleet, QUIET } from '../close-shells.fixture.ts';

const told = ({ records }: Run) =>
  records.filter(({ reason }) => reason.includes('sessions')).map(({ decision, reason }) => `${decision} ${reason}`);
const callsOf = ({ calls }: Run) =>
  calls
    .filter(({ function: by, operation }) => by === 'close-shells' && /Document/.test(operation))
    .map(({ operation }) => operation);
const ask = async (run: Run) => {
  const { world, time } = run.account;
  const origin = { account: world.accountId, region: world.region, time: new Date(time.now).toISOString() };
  await run.account.putEvent(makeSessionsReconcileRequest(origin, `now ${time.now}`));
  await run.account.play(5 * MINUTE);
};
const policy = (sessions: object) => ({ ...QUIET, shells: { hosts: 'off', sessions } });

it('the preferences of a region are set by policy, once, and again where the policy changes; a fresh read confirms it', async () => {
  const wanted = { mode: 'enforce', cloudWatchLogGroup: '/ssm/sessions' };
  const run = await start({ fleet, policy: policy(wanted), play: '2h' });
  // A check of posture asks for it.
  expect(told(run)).toEqual(['acted sessions-being-set', 'done sessions-set']);
  const Value = JSON.stringify(policy({ ...wanted, idleMinutes: 15 }));
  run.account.fleet.parameters.put({ Name: '/eks-host-remediator/policy', Value, Overwrite: true });
  await run.account.play(10 * MINUTE);
  await ask(run);
  await ask(run);
  expect(told(run).slice(2)).toEqual(['acted sessions-being-set', 'done sessions-set']);
  expect(callsOf(run).filter((operation) => operation !== 'GetDocument')).toEqual([
    'CreateDocument',
    'UpdateDocument',
    'UpdateDocumentDefaultVersion',
  ]);
  expect(
    run.records.find(({ reason, details }) => reason === 'sessions-being-set' && /default/.test(String(details?.undo)))
      ?.details?.undo,
  ).toBe('aws ssm update-document-default-version --name SSM-SessionManagerRunShell --document-version 1');
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});

it('a change that nobody lived to record is told of with what was there before, and not made again', async () => {
  const wanted = {
    ...policy({ mode: 'enforce', idleMinutes: 15 }),
    posture: { mode: 'off' },
    ssmAgent: { mode: 'off' },
  };
  const run = await start({ fleet, policy: wanted, inProcess: true });
  await ask(run);
  const calls = run.calls.filter(({ function: by }) => by === 'close-shells');
  const call = calls.findIndex(({ operation }) => operation === 'CreateDocument') + 1;
  expect(call).toBeGreaterThan(1);
  const crash = { function: 'close-shells', call, when: 'after' as const };
  const died = await start({ fleet, policy: wanted, faults: { crash }, inProcess: true });
  await ask(died);
  // The message comes again once its visibility timeout is over.
  await died.account.play(30 * MINUTE);
  expect(told(died)).toEqual(told(run));
  // The SDK may repeat a call whose answer is lost: Systems Manager then says that the document is there.
  const created = died.calls.filter(({ operation }) => operation === 'CreateDocument');
  expect(created.filter(({ outcome }) => outcome !== 'DocumentAlreadyExists')).toHaveLength(1);
  const undo = died.records.find(({ reason }) => reason === 'sessions-being-set')?.details?.undo;
  expect(undo).toBe('aws ssm delete-document --name SSM-SessionManagerRunShell');
});

it('preferences whose item of the ledger cannot be read are left as they are, and stop no other reconcile', async () => {
  const run = await start({
    fleet,
    policy: policy({ mode: 'observe', cloudWatchLogGroup: '/ssm/sessions' }),
    play: '2h',
  });
  const { dynamoDb, stack } = run.account;
  const TableName = stack.ref('AWS::DynamoDB::Table');
  const items = await dynamoDb.scan(TableName);
  const known = items.find(({ pk, sk }) => pk?.S === 'shells' && sk?.S === 'sessions');
  await dynamoDb.call('PutItem', { TableName, Item: { ...known, outcomes: { S: 'by hand' } } });
  const Value = JSON.stringify(policy({ mode: 'enforce', cloudWatchLogGroup: '/ssm/sessions' }));
  run.account.fleet.parameters.put({ Name: '/eks-host-remediator/policy', Value, Overwrite: true });
  await run.account.play(10 * MINUTE);
  await ask(run);
  expect(run.errors).toEqual([]);
  expect(callsOf(run).filter((operation) => operation !== 'GetDocument')).toEqual([]);
  expect(run.records.map(({ reason }) => reason)).toContain('ledger-unreadable');
});
