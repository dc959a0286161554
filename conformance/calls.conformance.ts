import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../cli/commands.ts';
import { configIn, operate } from '../cli/operator.fixture.ts';
import { createRehearsalClients } from '../cli/rehearsal/clients.ts';
import { rehearse } from '../cli/rehearsal/rehearse.ts';
import { STEPS } from '../cli/rehearsal/steps.ts';
import { parseDuration } from '../sandbox/fleet/time.ts';
import type { Run } from '../sandbox/play.ts';
import { type Scenario, start } from '../test/harness.ts';
import { quarantineOfEveryDecision, quarantineOfEveryKind } from '../test/quarantine.fixture.ts';
import { retryOf } from '../test/widget.fixture.ts';
import { count } from './counts.ts';
import { checkExchanges } from './exchanges.ts';
import { isThere, titled } from './tools.ts';
import { Traffic } from './traffic.ts';

const FLEETS = globSync('*.json', { cwd: join(import.meta.dirname, '..', 'sandbox', 'fleets') })
  .map((file) => file.replace('.json', ''))
  .sort();

/** How long each fleet is played here, until each of its functions has decided. The default is a day. */
const LENGTHS: Readonly<Record<string, string>> = {
  demo: '28h',
  findings: '7h',
  'findings-storm': '65m',
  mixed: '30h',
  quarantine: '3h',
  'ssm-agent': '3h',
  'thousand-groups': '2h',
  year: '6h',
};

/** Scenarios that no example contains: remedies and reports that a policy must request. */
const OTHERS: Readonly<Record<string, Scenario>> = {
  'ssm-agent, cured by Default Host Management, told to Security Hub': {
    fleet: 'ssm-agent',
    play: '2h',
    policy: {
      ssmAgent: { remedies: { attachPolicy: 'off', defaultHostManagement: 'enforce' } },
      findings: { enableInspector: 'enforce' },
      notifications: { securityHub: 'enforce' },
    },
  },
};

describe.skipIf(!isThere('boto'))(titled('each call, as botocore models it,', 'boto'), () => {
  const check = (traffic: Traffic, who: string): void => {
    expect(traffic.exchanges.length).toBeGreaterThan(0);
    const { counts, problems, operations } = checkExchanges(traffic.exchanges);
    expect(problems).toEqual({});
    const checked = Object.values(counts).reduce((sum, each) => sum + each, 0);
    count(
      `inputs: ${who}: ${checked} of ${traffic.count} calls checked, the rest alike; ${Object.keys(operations).length} operations`,
    );
  };

  const play = async (scenario: Scenario, traffic: Traffic): Promise<Run> => {
    const { play: length = '1d', ...rest } = scenario;
    const run = await start({ seed: 7, ...rest });
    traffic.listenTo(run.account.server.http);
    await run.account.play(parseDuration(length) ?? Number.NaN);
    return run;
  };

  it.each(FLEETS)('of the functions in the fleet %s', async (fleet) => {
    const traffic = new Traffic();
    await play({ fleet, play: LENGTHS[fleet] ?? '1d' }, traffic);
    check(traffic, fleet);
  });

  it.each(Object.entries(OTHERS))('of the functions in the fleet %s', async (name, scenario) => {
    const traffic = new Traffic();
    await play(scenario, traffic);
    check(traffic, name);
  });

  it.each([
    ['kind', quarantineOfEveryKind],
    ['decision', quarantineOfEveryDecision],
  ])('of quarantine-workers in quarantines of every %s', async (what, quarantine) => {
    const traffic = new Traffic();
    await quarantine((run) => traffic.listenTo(run.account.server.http));
    check(traffic, `quarantines of every ${what}`);
  });

  it('of each command of the operators, of the widget, and of a rehearsal', async () => {
    const traffic = new Traffic();
    const run = await play({ fleet: 'demo', play: '3h' }, new Traffic());
    traffic.listenTo(run.account.server.http);
    const held = run.records.find(({ reason }) => reason === 'quarantined')?.instance ?? '';
    const why = ['--why', 'a test asks for it'];
    const lines: Readonly<Record<string, readonly string[]>> = {
      approve: ['shop/web', ...why],
      check: ['shop/web'],
      explain: ['shop/web'],
      extend: [held, '--by', '1d', ...why],
      get: ['nodes'],
      go: ['--yes'],
      plan: ['--fleet'],
      policy: ['check', '--fleet'],
      posture: [],
      quarantines: [],
      reject: ['shop/web', ...why],
      release: [held, ...why],
      resume: ['shop/web', ...why],
      retry: ['data/postgres', ...why],
      status: [],
      stop: [],
      terminate: [held, ...why],
      undo: [held, ...why],
      watch: ['--for', '1m'],
    };
    const untold: string[] = [];
    for (const { name } of COMMANDS) {
      const argv = lines[name];
      if (argv === undefined) throw new Error(`conformance/calls.conformance.ts has no line for ${name}`);
      const { code, stderr } = await operate(run.account, name, ...argv);
      if (code === 2) untold.push(`${name}: ${stderr}`);
    }
    expect(untold).toEqual([]);
    for (const outcome of [
      await run.account.invoke('review-actions', {}),
      await run.account.invoke('request-actions', retryOf('web')),
    ]) {
      expect(outcome.ok).toBe(true);
    }
    const told: string[] = [];
    await rehearse({
      clients: createRehearsalClients(configIn(run.account)),
      cluster: 'shop',
      region: run.account.world.region,
      yes: new Set(STEPS.map(({ name }) => name)),
      unverified: readFileSync(join(import.meta.dirname, '..', 'docs', 'unverified.md'), 'utf8'),
      print: (line) => told.push(line),
      now: () => run.account.time.now,
    });
    expect(told.join('\n')).not.toContain('NotImplementedBySandbox');
    expect(told.at(-1)).toMatch(/^\d+ answered, \d+ open/m);
    check(traffic, 'operators');
  });
});
