import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from '../test/harness.ts';
import { placesOf } from './answers.ts';
import { count } from './counts.ts';
import { checkExchanges } from './exchanges.ts';
import { fleetOfEverything, serveAccount, stopServing } from './served-account.ts';
import { isThere, titled, toolPath } from './tools.ts';
import { Traffic } from './traffic.ts';

interface Told {
  readonly called: Readonly<
    Record<string, { readonly members: readonly string[]; readonly outcomes: readonly string[] }>
  >;
  readonly problems: readonly string[];
}

/** Operations without errors of their own. */
const NEVER_REFUSED = [
  'sts.GetCallerIdentity',
  'sqs.ListQueues',
  'sns.ListTopics',
  'dynamodb.ListTables',
  'events.ListEventBuses',
  'inspector2.BatchGetAccountStatus',
  'monitoring.ListDashboards',
  'ec2.GetEbsEncryptionByDefault',
  'ssm.GetConnectionStatus',
];

describe.skipIf(!isThere('boto'))(titled('every operation of the sandbox, called by boto3,', 'boto'), () => {
  let run: Run;
  let told: Told;
  const traffic = new Traffic();

  beforeAll(async () => {
    run = await start({ fleet: fleetOfEverything(), policy: { ssmAgent: { mode: 'off' } }, play: '2h' });
    const { account } = run;
    traffic.listenTo(account.server.http);
    const url = await serveAccount(account);
    const { instance } = placesOf(run);
    const first = await callAll({ url, later: false, ...placesOf(run) });
    // Changes of an instance take time.
    await account.play(30 * MINUTE);
    told = merged(first, await callAll({ url, later: true, ...placesOf(run), instance }));
  });

  afterAll(() => stopServing(run.account));

  it('answers as boto3 expects, and refuses with the code that AWS has for it', () => {
    expect(told.problems).toEqual([]);
  });

  it('is called, with each parameter that it takes', () => {
    const operations = run.account.services.flatMap(({ signingName, operations }) =>
      Object.entries(operations).map(([name, { supports }]) => ({ name: `${signingName}.${name}`, supports })),
    );
    const missing = operations.flatMap(({ name, supports }) => {
      const { members = [], outcomes = [] } = told.called[name] ?? {};
      const untried = supports.filter((member) => !members.includes(member)).map((member) => `${name}: ${member}`);
      if (!outcomes.includes('ok')) untried.push(`${name}: as it succeeds`);
      if (!NEVER_REFUSED.includes(name) && outcomes.every((outcome) => outcome === 'ok'))
        untried.push(`${name}: as it is refused`);
      return untried;
    });
    expect(missing, 'calls to be added to conformance/botocore/calls_of_*.py').toEqual([]);
    const parameters = operations.reduce((sum, { supports }) => sum + supports.length, 0);
    count(`outputs: ${operations.length} operations with ${parameters} parameters called by boto3`);
  });

  it('sends nothing that its model does not know, and lacks nothing that it requires', () => {
    const { counts, problems } = checkExchanges(traffic.exchanges);
    expect(problems).toEqual({});
    count(`outputs: ${counts.ok} raw answers and ${counts.error} raw errors checked`);
  });
});

/** Runs the client in a separate process, because this one serves it. */
function callAll(place: object): Promise<Told> {
  return new Promise((resolve, reject) => {
    const argv = [join(import.meta.dirname, 'botocore', 'answers.py')];
    const child = execFile(toolPath('boto', 'bin', 'python'), argv, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (stdout === '') reject(new Error(`${error?.message}\n${stderr}`));
      else resolve(JSON.parse(stdout));
    });
    child.stdin?.end(JSON.stringify(place));
  });
}

/** The combined results of both runs. */
function merged(one: Told, other: Told): Told {
  const called = { ...one.called };
  for (const [name, { members, outcomes }] of Object.entries(other.called)) {
    const before = called[name] ?? { members: [], outcomes: [] };
    called[name] = { members: [...before.members, ...members], outcomes: [...before.outcomes, ...outcomes] };
  }
  return { called, problems: [...one.problems, ...other.problems] };
}
