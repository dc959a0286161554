import { createHash } from 'node:crypto';
import type { CallRecord } from '../sandbox/account/service.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { type Run, startRun } from '../sandbox/play.ts';
import type { SynthesizedStack } from '../sandbox/stack/template.ts';
import type { OptedOut } from './interventions.ts';
import { controlPlanes } from './invariants/control-planes.ts';
import { cordons } from './invariants/cordons.ts';
import { endings } from './invariants/endings.ts';
import { exposedPools } from './invariants/exposed-pools.ts';
import { findings } from './invariants/findings.ts';
import { hosts } from './invariants/hosts.ts';
import type { Day, Invariant } from './invariants/invariant.ts';
import { obstacles } from './invariants/obstacles.ts';
import { pins } from './invariants/pins.ts';
import { posture } from './invariants/posture.ts';
import { quarantines } from './invariants/quarantines.ts';
import { records } from './invariants/records.ts';
import { rejections } from './invariants/rejections.ts';
import { rest } from './invariants/rest.ts';
import { selfManaged } from './invariants/self-managed.ts';
import { shells } from './invariants/shells.ts';
import { untouched } from './invariants/untouched.ts';
import { upgrades } from './invariants/upgrades.ts';
import { waves } from './invariants/waves.ts';
import { fleetFileOf, policyDocumentOf } from './scenario/documents.ts';
import { faultsWith } from './scenario/parts/denials.ts';
import type { Policy } from './scenario/policy.ts';
import type { Scenario } from './scenario/scenario.ts';
import { scheduleDay } from './schedule.ts';

/** A violation of an invariant. */
export interface Breach {
  readonly invariant: string;
  readonly what: string;
  /** Virtual time, ISO 8601. */
  readonly at: string;
}

export interface Outcome {
  readonly breaches: readonly Breach[];
  readonly calls: number;
  readonly records: number;
  /** What was decided, by `function reason`, and how often. */
  readonly said: Readonly<Record<string, number>>;
  /** The digest of all calls and records, in their order: the same for the same day, on every machine. */
  readonly digest: string;
}

/** How long each scenario is played, ms. */
export const DAY_MS = 24 * 3_600_000;
const TICK_MS = 15 * 60_000;
/** Further breaches of one day tell nothing more. */
const MOST_BREACHES = 5;
const ENTRIES_PER_UPDATE = 200;

export interface PlaySettings {
  readonly synthesized: SynthesizedStack;
  /** Whether SDK clients call the account directly; otherwise everything goes over the wire. */
  readonly inProcess: boolean;
}

/** Plays a scenario through a virtual day, and watches it. */
export async function playScenario(scenario: Scenario, { synthesized, inProcess }: PlaySettings): Promise<Outcome> {
  const initial = policyDocumentOf(scenario, scenario.policy);
  const breaches: Breach[] = [];
  const policies: Array<{ since: number; policy: Policy }> = [];
  const invariants: Invariant[] = [];
  const run = await startRun({
    fleet: parseFleet(JSON.stringify(fleetFileOf(scenario)), `seed ${scenario.seed}`),
    synthesized,
    seed: scenario.seed,
    policy: JSON.stringify(initial),
    faults: faultsWith(scenario.faults, scenario),
    inProcess,
    onCall: (call: CallRecord) => {
      for (const { onCall } of invariants) onCall?.(call);
    },
  });
  const { time } = run.account;
  policies.push({ since: time.now, policy: initial });
  const breach = (invariant: string, what: string): void => {
    if (breaches.length < MOST_BREACHES) breaches.push({ invariant, what, at: new Date(time.now).toISOString() });
  };
  const ruledOn = new Set<string>();
  const optedOut: OptedOut = new Map();
  const day: Day = { scenario, run, policies, ruledOn, optedOut, breach };
  const endsAt = time.now + DAY_MS;
  invariants.push(
    upgrades(day),
    waves(day),
    pins(day),
    quarantines(day),
    untouched(day),
    records(day),
    endings(day),
    rest(day, endsAt),
    selfManaged(day),
    hosts(day),
    rejections(day),
    findings(day),
    controlPlanes(day),
    obstacles(day),
    exposedPools(day),
    cordons(day),
    posture(day),
    shells(day),
  );
  scheduleDay(scenario, run, { policies, ruledOn, optedOut });
  while (time.now < endsAt) {
    await run.account.play(TICK_MS);
    for (const { onTick } of invariants) onTick?.();
  }
  for (const { onEnd } of invariants) await onEnd?.();
  const said: Record<string, number> = {};
  for (const { remediation, decision, reason } of run.records) {
    const word = `${remediation} ${decision} ${reason}`;
    said[word] = (said[word] ?? 0) + 1;
  }
  return { breaches, calls: run.calls.length, records: run.records.length, said, digest: digestOf(run) };
}

function digestOf({ calls, records }: Run): string {
  const digest = createHash('sha256');
  const entries = [...calls, ...records];
  // Some hundred at a time: each handover to the hash costs more than its text.
  for (let from = 0; from < entries.length; from += ENTRIES_PER_UPDATE) {
    digest.update(
      entries
        .slice(from, from + ENTRIES_PER_UPDATE)
        .map((entry) => JSON.stringify(entry))
        .join(''),
    );
  }
  return digest.digest('hex').slice(0, 16);
}
