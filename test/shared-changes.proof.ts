import { expect, it } from 'vitest';
import { sample } from '../events/cloudtrail-network-change.ts';
import { MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { exposedWorker, outcomes, privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';

type Played = Awaited<ReturnType<typeof start>>;
const networksOf = ({ account }: Played) => account.fleet.networks;

/** The VPC's route tables with default routes, which the case changes in place. */
const openTables = (run: Played) =>
  networksOf(run)
    .routeTables.list()
    .filter(({ Routes = [] }) => Routes.some(({ GatewayId = '' }) => GatewayId.startsWith('igw-')));

it.each<[string, object, (run: Played) => () => object]>([
  [
    'a route',
    {},
    (run) => {
      const tables = openTables(run);
      const kept = tables.map(({ Routes }) => Routes);
      for (const table of tables) Object.assign(table, { Routes: [] });
      return () => {
        for (const [index, table] of tables.entries()) Object.assign(table, { Routes: kept[index] });
        return {
          eventName: 'CreateRoute',
          requestParameters: { routeTableId: tables[0]?.RouteTableId, destinationCidrBlock: '0.0.0.0/0' },
        };
      };
    },
  ],
  [
    'an Internet gateway',
    {},
    (run) => {
      const tables = openTables(run);
      const kept = tables.map(({ Routes }) => Routes);
      for (const table of tables)
        Object.assign(table, { Routes: kept[0]?.map((route) => ({ ...route, State: 'blackhole' })) });
      return () => {
        for (const [index, table] of tables.entries()) Object.assign(table, { Routes: kept[index] });
        return { eventName: 'AttachInternetGateway', requestParameters: { vpcId: tables[0]?.VpcId } };
      };
    },
  ],
])('%s that opens the way to workers is heard of, and they are isolated before the sweep', async (_what, vpc, shut) => {
  const run = await start(scenario(privateFleet({}, publicLaunch(), { vpc })));
  const open = shut(run);
  await run.account.play(20 * MINUTE);
  expect(outcomes(run)).toEqual([]);
  const detail = { ...sample.detail, responseElements: null, ...open() };
  run.account.putEvent({
    ...sample,
    id: 'change',
    time: new Date(run.account.time.now).toISOString(),
    detail,
  } as never);
  await run.account.play(2 * MINUTE);
  expect(outcomes(run)).toEqual(expect.arrayContaining(['acted quarantine-started', 'done quarantined']));
  expect(networksOf(run).isReachable(exposedWorker(run).id)).toBe(false);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});
