import { expect, it } from 'vitest';
import { HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import {
  ask,
  exposedWorker,
  ours,
  outcomes,
  privateFleet,
  publicLaunch,
  scenario,
  slotsOf,
  stateOf,
} from './quarantine.fixture.ts';

type Played = Awaited<ReturnType<typeof start>>;

/** The security groups of each of a worker's interfaces before its quarantine, from the ledger. */
async function savedGroups({ account }: Played, id: string): Promise<Map<string, string[]>> {
  const items = await account.dynamoDb.scan(account.stack.ref('AWS::DynamoDB::Table'));
  const item = items.find(({ pk, sk }) => pk?.S === 'quarantine' && sk?.S === id);
  const interfaces = item?.quarantine?.M?.saved?.M?.interfaces?.L ?? [];
  return new Map(
    interfaces.map(({ M }) => [M?.id?.S ?? '', (M?.groups?.L ?? []).map(({ S = '' }) => S)] as [string, string[]]),
  );
}

/** Deletes the quarantines from the ledger, as when a table was restored or recreated. */
async function loseLedger({ account }: Played): Promise<void> {
  const TableName = account.stack.ref('AWS::DynamoDB::Table');
  for (const { pk, sk } of await account.dynamoDb.scan(TableName)) {
    if (!pk?.S?.startsWith('quarantine') && pk?.S !== 'budget') continue;
    await account.dynamoDb.call('DeleteItem', { TableName, Key: { pk, sk } });
  }
}

it.each<[string, object]>([
  ['of a managed node group', publicLaunch({ publicAddress: 'elastic', interfaces: 3 })],
  [
    'of a node pool',
    publicLaunch({ ipv6: true, interfaces: 2 }, { nodeGroup: undefined, karpenterNodePool: 'general' }),
  ],
])(
  'a quarantine %s that the ledger has lost is found by its tag, told, and released by what tags still say',
  async (_what, launch) => {
    const pools = { karpenterNodePools: [{ name: 'general', size: 2 }] };
    const run = await start(scenario(privateFleet({}, launch, pools)));
    await run.account.play(20 * MINUTE);
    const { id } = exposedWorker(run);
    const isolated = stateOf(run, id).groups;
    const had = await savedGroups(run, id);
    expect(had.size).toBeGreaterThan(1);
    await loseLedger(run);
    await run.account.play(HOUR);
    expect(outcomes(run).slice(-2)).toEqual(['refused quarantine-found', 'done quarantined']);
    const told = ours(run).find(({ reason }) => reason === 'quarantine-found');
    expect(told).toMatchObject({ instance: id, message: expect.stringContaining('A release gives back sg-') });
    expect(await slotsOf(run)).toEqual([id]);
    expect(stateOf(run, id).groups).toEqual(isolated);

    ask(run, 'release', id);
    await run.account.play(5 * MINUTE);
    expect(ours(run).at(-1)).toMatchObject({
      decision: 'failed',
      reason: 'released-in-part',
      message: expect.stringMatching(/its public addresses .*which the ledger has lost/),
    });
    expect(new Map(stateOf(run, id).groups as Array<[string, string[]]>)).toEqual(had);
    expect(run.account.fleet.instances.get(id)?.tags.has('eks-host-remediator:quarantine')).toBe(false);
    expect(await slotsOf(run)).toEqual([]);
    const lifecycle = stateOf(run, id).lifecycle;
    expect(lifecycle === undefined || lifecycle === 'InService').toBe(true);
    await run.account.play(HOUR);
    expect(outcomes(run).filter((each) => each.endsWith('quarantine-found'))).toHaveLength(1);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
    expect(run.errors).toEqual([]);
  },
);
