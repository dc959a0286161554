import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../cli/commands.ts';
import { configIn, operate } from '../cli/operator.fixture.ts';
import { createRehearsalClients } from '../cli/rehearsal/clients.ts';
import { rehearse } from '../cli/rehearsal/rehearse.ts';
import { STEPS } from '../cli/rehearsal/steps.ts';
import type { Scenario } from '../test/harness.ts';
import { quarantineOfEveryDecision, quarantineOfEveryKind } from '../test/quarantine.fixture.ts';
import { retryOf } from '../test/widget.fixture.ts';
import { checkTraffic, playInto } from './calls.ts';
import { isThere, titled } from './tools.ts';
import { Traffic } from './traffic.ts';

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
  it.each(Object.entries(OTHERS))('of the functions in the fleet %s', async (name, scenario) => {
    const traffic = new Traffic();
    await playInto(scenario, traffic);
    checkTraffic(traffic, name);
  });

  it.each([
    ['kind', quarantineOfEveryKind],
    ['decision', quarantineOfEveryDecision],
  ])('of quarantine-workers in quarantines of every %s', async (what, quarantine) => {
    const traffic = new Traffic();
    await quarantine((run) => traffic.listenTo(run.account.server.http));
    checkTraffic(traffic, `quarantines of every ${what}`);
  });

  it('of each command of the operators, of the widget, and of a rehearsal', async () => {
    const traffic = new Traffic();
    const run = await playInto({ fleet: 'demo', play: '3h' }, new Traffic());
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
      if (argv === undefined) throw new Error(`conformance/calls-of-others.conformance.ts has no line for ${name}`);
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
    checkTraffic(traffic, 'operators');
  });
});
