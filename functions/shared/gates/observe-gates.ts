import { AlarmType, type CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { GetCalendarStateCommand, type SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import type { Unreadable } from '../fleet/reading.ts';
import type { InvalidPolicy } from '../policy/policy.ts';
import type { RolloutPolicy } from '../rollouts/rollout-policy.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { isOfAws, sortOrThrow } from '../runtime/aws-error.ts';
import { chunks } from '../runtime/chunks.ts';
import type { Alarm, Calendar, Gates } from './gates.ts';
import { gatesAnywhere } from './named-gates.ts';

interface Clients {
  readonly cloudWatch: CloudWatchClient;
  readonly ssm: SSMClient;
}

/** DescribeAlarms takes at most a hundred names, and returns at most a hundred alarms (API reference). */
const ALARMS_PER_CALL = 100;

/**
 * Reads each gate that the policy names anywhere, once a look. One call reads at most a hundred alarms, or one
 * calendar. A policy that names no gate costs no call.
 */
export async function observeGates(clients: Clients, policy: RolloutPolicy | InvalidPolicy): Promise<Gates> {
  const named = gatesAnywhere(policy);
  const [alarms, calendars] = await Promise.all([
    pMap(chunks(named.alarms, ALARMS_PER_CALL), (names) => readAlarms(clients.cloudWatch, names), {
      concurrency: READ_CONCURRENCY,
    }),
    pMap(
      named.calendars,
      async (name): Promise<[string, Calendar | Unreadable]> => [name, await readCalendar(clients.ssm, name)],
      { concurrency: READ_CONCURRENCY },
    ),
  ]);
  return { alarms: new Map(alarms.flat()), calendars: new Map(calendars) };
}

/** Reads the gates that the policy names. */
export type GatesReader = () => Promise<Gates>;

/** Makes a reader for one reconcile, which reads the gates only once. */
export function createGatesReader(clients: Clients, policy: RolloutPolicy | InvalidPolicy): GatesReader {
  let reading: Promise<Gates> | undefined;
  return () => {
    reading ??= observeGates(clients, policy);
    return reading;
  };
}

/** Without types, DescribeAlarms returns metric alarms only (API reference). */
const TYPES: AlarmType[] = [AlarmType.MetricAlarm, AlarmType.CompositeAlarm];

/**
 * Reads alarms by name. DescribeAlarms leaves out names that it does not know, without an error (API reference), so
 * those become unreadable.
 */
async function readAlarms(
  cloudWatch: CloudWatchClient,
  names: readonly string[],
): Promise<Array<[string, Alarm | Unreadable]>> {
  try {
    const found = await describeAlarms(cloudWatch, names, TYPES);
    const missing = names.filter((name) => !found.has(name));
    const logAlarms = missing.length === 0 ? new Map() : await describeLogAlarms(cloudWatch, missing);
    return names.map((name) => [name, found.get(name) ?? logAlarms.get(name) ?? NO_SUCH_ALARM]);
  } catch (error) {
    const unread = unreadable(error);
    return names.map((name) => [name, unread]);
  }
}

/**
 * Reads log alarms in a call of their own. Where CloudWatch does not know the type yet, it refuses the call, and has no
 * log alarm.
 */
async function describeLogAlarms(cloudWatch: CloudWatchClient, names: readonly string[]): Promise<Map<string, Alarm>> {
  try {
    return await describeAlarms(cloudWatch, names, [AlarmType.LogAlarm]);
  } catch (error) {
    if (isOfAws(error) && /^(ValidationError|ValidationException|InvalidParameter)/.test(error.name)) return new Map();
    throw error;
  }
}

async function describeAlarms(
  client: CloudWatchClient,
  names: readonly string[],
  AlarmTypes: AlarmType[],
): Promise<Map<string, Alarm>> {
  const found = new Map<string, Alarm>();
  const config = { client, pageSize: ALARMS_PER_CALL };
  for await (const page of paginateDescribeAlarms(config, { AlarmNames: [...names], AlarmTypes })) {
    for (const each of [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? []), ...(page.LogAlarms ?? [])]) {
      const { AlarmName = '', StateValue } = each;
      // Composite alarms have no state of evaluation.
      const doubt = 'EvaluationState' in each ? each.EvaluationState : undefined;
      const state = StateValue === 'OK' || StateValue === 'ALARM' ? StateValue : 'INSUFFICIENT_DATA';
      found.set(AlarmName, { kind: 'alarm', state, ...(doubt !== undefined && { doubt }) });
    }
  }
  return found;
}

const NO_SUCH_ALARM: Unreadable = {
  kind: 'unreadable',
  error: 'no such alarm',
  code: 'NoSuchAlarm',
  isThrottled: false,
};

/** Reads one calendar a call. Of several, GetCalendarState does not say which one is closed, or cannot be read. */
async function readCalendar(ssm: SSMClient, name: string): Promise<Calendar | Unreadable> {
  try {
    const { State, NextTransitionTime = '' } = await ssm.send(new GetCalendarStateCommand({ CalendarNames: [name] }));
    const changesAt = Date.parse(NextTransitionTime);
    return { kind: 'calendar', isOpen: State === 'OPEN', ...(!Number.isNaN(changesAt) && { changesAt }) };
  } catch (error) {
    return unreadable(error);
  }
}

/** @throws a fault of this program */
function unreadable(error: unknown): Unreadable {
  const { why, code, kind } = sortOrThrow(error);
  return { kind: 'unreadable', error: why, code, isThrottled: kind === 'throttled' };
}
