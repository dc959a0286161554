import { createHash } from 'node:crypto';
import { sample as launched } from '../events/ec2-instance-running.ts';
import { sample as quarantineRequest } from '../events/quarantine-request.ts';
import { sample as ruling } from '../events/remediation-request.ts';
import type { CallRecord } from '../sandbox/account/service.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { type Run, startRun } from '../sandbox/play.ts';
import type { SynthesizedStack } from '../sandbox/stack/template.ts';
import { beginChange } from './control-planes.ts';
import { fleetFileOf, policyDocumentOf } from './documents.ts';
import { controlPlanes } from './invariants/control-planes.ts';
import { cordons } from './invariants/cordons.ts';
import { endings } from './invariants/endings.ts';
import { exposedPools } from './invariants/exposed-pools.ts';
import { findings } from './invariants/findings.ts';
import { hosts } from './invariants/hosts.ts';
import type { Day, Invariant } from './invariants/invariant.ts';
import { obstacles } from './invariants/obstacles.ts';
import { pins } from './invariants/pins.ts';
import { quarantines } from './invariants/quarantines.ts';
import { records } from './invariants/records.ts';
import { rejections } from './invariants/rejections.ts';
import { rest } from './invariants/rest.ts';
import { selfManaged } from './invariants/self-managed.ts';
import { untouched } from './invariants/untouched.ts';
import { upgrades } from './invariants/upgrades.ts';
import { waves } from './invariants/waves.ts';
import { type Ruling, requestOf } from './rulings.ts';
import type { Policy, Scenario, Step } from './scenario.ts';

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
  const policyOf = (drawn: Policy): Policy => policyDocumentOf(scenario, drawn);
  const breaches: Breach[] = [];
  const policies: Array<{ since: number; policy: Policy }> = [];
  const invariants: Invariant[] = [];
  const run = await startRun({
    fleet: parseFleet(JSON.stringify(fleetFileOf(scenario)), `seed ${scenario.seed}`),
    synthesized,
    seed: scenario.seed,
    policy: JSON.stringify(policyOf(scenario.policy)),
    faults: scenario.faults,
    inProcess,
    onCall: (call: CallRecord) => {
      for (const { onCall } of invariants) onCall?.(call);
    },
  });
  const { time } = run.account;
  policies.push({ since: time.now, policy: policyOf(scenario.policy) });
  const breach = (invariant: string, what: string): void => {
    if (breaches.length < MOST_BREACHES) breaches.push({ invariant, what, at: new Date(time.now).toISOString() });
  };
  const ruledOn = new Set<string>();
  const day: Day = { scenario, run, policies, ruledOn, breach };
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
  );
  for (const step of [...scenario.steps, ...(scenario.exposedPools?.steps ?? [])]) {
    time.after(step.atMinute * 60_000, () => {
      if (step.kind === 'policy') policies.push({ since: time.now, policy: policyOf(step.policy) });
      const ruled = take(step, run, policyOf);
      if (ruled !== undefined) ruledOn.add(ruled);
    });
  }
  for (const given of scenario.rulings?.given ?? []) {
    time.after(given.atMinute * 60_000, () => {
      const approved = rule(given, run);
      if (approved !== undefined) ruledOn.add(approved);
    });
  }
  for (const { atMinute, index } of scenario.selfManaged?.terminations ?? []) {
    time.after(atMinute * 60_000, () => endNode(index, scenario, run));
  }
  for (const change of scenario.controlPlanes?.changes ?? []) {
    time.after(change.atMinute * 60_000, () => beginChange(change, run));
  }
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

/** Has Auto Scaling end a node of a self-managed group, which it replaces. */
function endNode(index: number, { selfManaged }: Scenario, { account }: Run): void {
  const { autoScalingGroups } = account.fleet;
  const names = new Set(selfManaged?.groups.map(({ cluster, name }) => `${cluster}-${name}`));
  const serving = autoScalingGroups
    .list()
    .filter(({ name }) => names.has(name))
    .flatMap((group) => [...group.members.values()].map((member) => ({ group, ...member })))
    .filter(({ lifecycleState }) => lifecycleState === 'InService');
  const ended = serving[index % Math.max(1, serving.length)];
  if (ended === undefined) return;
  autoScalingGroups.terminate(ended.group, ended.instance, 60_000);
  autoScalingGroups.settleSoon(ended.group);
}

/**
 * Sends an operator's request about a group.
 * @returns what it approves
 */
function rule(given: Ruling, { account, records: told }: Run): string | undefined {
  const asked = requestOf(given, told);
  if (asked === undefined) return undefined;
  const { now } = account.time;
  const envelope = { time: new Date(now).toISOString(), id: `rule-${given.atMinute}-${now}` };
  account.putEvent({ ...ruling, ...envelope, detail: asked.detail });
  return given.action === 'approve' ? asked.about : undefined;
}

/** @returns the worker on which somebody has ruled */
function take(step: Step, run: Run, policyOf: (drawn: Policy) => Policy): string | undefined {
  const { account, records: told } = run;
  const asked = {
    time: new Date(account.time.now).toISOString(),
    id: `${step.kind}-${step.atMinute}-${account.time.now}`,
  };
  const asker = { why: 'the simulation asks for it', requestedBy: 'arn:aws:iam::111122223333:role/simulation' };
  /** Picks one of the workers for which quarantine-workers has given such a reason. */
  const pick = (index: number, reasons: RegExp): string | undefined => {
    const ids = [
      ...new Set(
        told.flatMap(({ reason, instance }) => (instance !== undefined && reasons.test(reason) ? [instance] : [])),
      ),
    ];
    return ids[index % Math.max(1, ids.length)];
  };
  switch (step.kind) {
    case 'policy':
      account.fleet.parameters.put({
        Name: account.stack.ref('AWS::SSM::Parameter'),
        Value: JSON.stringify(policyOf(step.policy)),
        Overwrite: true,
      });
      return undefined;
    case 'ask': {
      const instanceId = pick(step.index, /^(quarantine-started|quarantined|quarantine-in-progress)$/);
      if (instanceId === undefined) return undefined;
      const more = step.action === 'extend' ? { by: '1d' } : {};
      account.putEvent({
        ...quarantineRequest,
        ...asked,
        detail: { action: step.action, instanceId, ...more, ...asker },
      });
      return undefined;
    }
    case 'rule': {
      const instanceId = pick(step.index, /^(would-quarantine|quarantine-started|quarantine-budget)$/);
      if (instanceId === undefined) return undefined;
      const detail = { remediation: 'quarantine-workers', action: step.action, instanceId, ...asker };
      account.putEvent({ ...ruling, ...asked, detail });
      return instanceId;
    }
    case 'expose-silently': {
      const workers = account.fleet.instances
        .list()
        .filter(({ state, kubernetes }) => state === 'running' && kubernetes);
      const { interfaces, addresses } = account.fleet.networks;
      const [first] = interfaces.of(workers[step.index % Math.max(1, workers.length)]?.id ?? '');
      if (first !== undefined && first.associations.size === 0) {
        addresses.associate(addresses.allocate(), first, first.privateIps[0]);
      }
      return undefined;
    }
    case 'forged-launch': {
      const all = account.fleet.instances.list();
      const id = all[step.index % Math.max(1, all.length)]?.id ?? 'i-0badcafe0badcafe0';
      account.putEvent({ ...launched, ...asked, detail: { ...launched.detail, 'instance-id': id } });
      return undefined;
    }
  }
}
