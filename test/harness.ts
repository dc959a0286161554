import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject } from 'vitest';
import type { RemediationRecord } from '../functions/shared/records/record.ts';
import type { BusEvent } from '../sandbox/account/event-bridge/event-bridge.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { parseDuration } from '../sandbox/fleet/time.ts';
import { type PlayOptions, type Run, startRun } from '../sandbox/play.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import { deniedCalls } from './iam.ts';

export const MINUTE = 60_000;
export const HOUR = 3_600_000;

export interface Scenario extends Omit<PlayOptions, 'fleet' | 'synthesized' | 'policy'> {
  /** A fleet as in a file, or the name of an example in `sandbox/fleets/`. */
  readonly fleet: object | string;
  readonly policy?: object | string;
  /** How long to run at once, such as `26h`; 0 when absent. */
  readonly play?: string;
}

/**
 * Starts a scenario in the sandbox, with the real rules, queues and bundles. A proof that plays many runs alike may
 * play them `inProcess`: the functions then call the account without a wire, at less than a third of the CPU.
 */
export async function start({ fleet, policy, play, ...options }: Scenario): Promise<Run> {
  const text = typeof fleet === 'string' ? readFleetFile(fleet) : JSON.stringify(fleet);
  const run = await startRun({
    ...options,
    fleet: parseFleet(text, 'scenario'),
    synthesized: readSynthesizedStack(inject(options.inProcess === true ? 'lightTemplate' : 'template')),
    policy: typeof policy === 'object' ? JSON.stringify(policy) : policy,
  });
  if (play !== undefined) await run.account.play(parseDuration(play) ?? Number.NaN);
  return run;
}

/** Runs a scenario to its end. Whatever the test is about, IAM must have allowed each call, and nothing may be lost. */
export async function playThrough(scenario: Scenario & { readonly play: string }): Promise<Run> {
  const run = await start(scenario);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect(run.account.deliveries.lost).toEqual([]);
  expect(run.account.lambda.dropped).toEqual([]);
  return run;
}

const readFleetFile = (name: string): string =>
  readFileSync(join(import.meta.dirname, '..', 'sandbox', 'fleets', `${name}.json`), 'utf8');

/** The records about one node group, without its workers, as `decision reason`, in order. */
export const incidentOf = ({ records }: Run, cluster: string, nodegroup: string): string[] =>
  records
    .filter((record) => isAboutGroup(record) && record.cluster === cluster && record.nodegroup === nodegroup)
    .map(({ decision, reason }) => `${decision} ${reason}`);

/** Whether a record is about a node group (managed or not) as a whole. */
export const isAboutGroup = ({ nodegroup, instance }: RemediationRecord): boolean =>
  nodegroup !== undefined && instance === undefined;

/** Calls that change node groups of the account's clusters. */
export const upgradeCalls = ({ calls }: Run) => calls.filter(({ operation }) => operation === 'UpdateNodegroupVersion');

/** Number of messages in dead-letter queues. */
export const deadLetterCount = ({ account }: Run): number =>
  account.sqs.queues
    .filter(({ settings }) => settings.redrive === undefined)
    .reduce((sum, queue) => sum + queue.counts().visible, 0);

/** The current state of a node group. */
export function nodeGroupOf({ account }: Run, cluster: string, nodegroup: string) {
  const found = account
    .snapshot()
    .clusters.find(({ name }) => name === cluster)
    ?.nodeGroups.find(({ name }) => name === nodegroup);
  if (found === undefined) throw new Error(`no node group ${cluster}/${nodegroup}`);
  return found;
}

/** An event to be published on its bus `after` ms from the start. */
export const eventAt = (after: number, event: Omit<BusEvent, 'version'> & { version: string }) => ({ after, event });
