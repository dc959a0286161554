import { expect, inject, it } from 'vitest';
import { HOUR } from '../../test/harness.ts';
import { privateFleet, publicLaunch } from '../../test/quarantine.fixture.ts';
import { parseFleet } from '../fleet/parse-fleet.ts';
import { startRun } from '../play.ts';
import { readSynthesizedStack } from '../stack/template.ts';

it('says and does in this process what whole bundles say and do over the wire', async () => {
  const fleet = {
    ...privateFleet({ desiredSize: 2, releaseVersion: undefined }, publicLaunch()),
    eventualConsistency: true,
  };
  const releases = [{ history: 'eks-ami-releases', from: '2026-06-25', to: '2026-07-14' }];
  const played = async (synthesized: ReturnType<typeof readSynthesizedStack>, inProcess: boolean) => {
    const run = await startRun({
      fleet: parseFleet(JSON.stringify({ ...fleet, releases }), 'scenario'),
      synthesized,
      inProcess,
      // Calls that are made side by side may arrive in another order over the wire, and then draw other delays. With
      // this seed they arrive in the same one.
      seed: 1,
      policy: JSON.stringify({ upgrades: { bakeAge: '1h' } }),
    });
    await run.account.play(2 * HOUR);
    return {
      said: run.records.map(({ remediation, decision, reason, nodegroup, instance }) =>
        [remediation, decision, reason, nodegroup, instance].join(' '),
      ),
      errors: run.errors,
      fleet: run.account.snapshot(),
    };
  };
  const overTheWire = await played(readSynthesizedStack(inject('template')), false);
  const inProcess = await played(readSynthesizedStack(inject('lightTemplate')), true);
  expect(overTheWire.said.length).toBeGreaterThan(10);
  expect(inProcess.errors).toEqual([]);
  expect([...inProcess.said].sort()).toEqual([...overTheWire.said].sort());
  expect(inProcess.fleet).toEqual(overTheWire.fleet);
});

it('repeats nothing that crashed: what follows is the next delivery, as over the wire', async () => {
  const played = async (synthesized: ReturnType<typeof readSynthesizedStack>, inProcess: boolean) => {
    const run = await startRun({
      fleet: parseFleet(JSON.stringify(privateFleet({}, publicLaunch())), 'scenario'),
      synthesized,
      inProcess,
      seed: 3,
      faults: { crash: { function: 'quarantine-workers', call: 12, when: 'before' } },
      policy: JSON.stringify({ upgrades: { mode: 'off' } }),
    });
    await run.account.play(HOUR);
    const calls = run.calls.filter((call) => call.function === 'quarantine-workers');
    const crashed = calls.findIndex(({ outcome }) => outcome === 'caller crashed');
    const last = calls[crashed];
    const next = calls.slice(crashed + 1).find(({ operation }) => operation === last?.operation);
    return Date.parse(next?.at ?? '') - Date.parse(last?.at ?? '');
  };
  const overTheWire = await played(readSynthesizedStack(inject('template')), false);
  const inProcess = await played(readSynthesizedStack(inject('lightTemplate')), true);
  expect(overTheWire).toBeGreaterThan(1000);
  expect(inProcess).toBeGreaterThan(1000);
});
