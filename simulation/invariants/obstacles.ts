import { type Calendar, calendarName } from '../scenario/parts/obstacles.ts';
import { closedFor, GATE } from '../scenario/parts/rollout.ts';
import { sweepPauseOf } from '../scenario/parts/sweeps.ts';
import { type Day, type Invariant, isChange } from './invariant.ts';
import { takersOf, watchPins } from './takers.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** What closes only now may have been read before: calls are repeated with pauses. */
const STARTS_WITHIN_MS = 10 * MINUTE_MS;
/** How long after a sweep at most an end has been seen, for all that faults may do, ms. */
const SEEN_WITHIN_MS = HOUR_MS;

/** What is said of a group or class that waits until something opens. */
const WAITS: Readonly<Record<string, 'alarm' | 'calendar' | 'window'>> = {
  'alarm-gate-closed': 'alarm',
  'calendar-gate-closed': 'calendar',
  'outside-change-window': 'window',
  'node-class-outside-window': 'window',
};

/**
 * Nothing starts while a change calendar is closed, or where EKS has no address for new nodes; and nobody says that it
 * waits for what has long opened.
 */
export function obstacles(day: Day): Invariant {
  const { account } = day.run;
  const { calendar, addresses, window } = day.scenario;
  const { eks, networks, calendars } = account.fleet;
  const startsAt = account.time.now;

  const isClosed = (one: Calendar, at: number): boolean => calendars.stateAt(calendarName(one), at).state === 'CLOSED';

  const checkCalendar = (what: string): void => {
    const { now } = account.time;
    if (calendar !== undefined && isClosed(calendar, now) && isClosed(calendar, now - STARTS_WITHIN_MS))
      day.breach('the calendar', `${what} starts while the calendar is closed`);
  };

  const checkAddresses = (cluster: string, nodeGroup: string): void => {
    if (addresses?.cluster !== cluster) return;
    const since = startsAt + addresses.goneFrom * HOUR_MS + STARTS_WITHIN_MS;
    const group = eks.nodeGroupsOf(cluster).find(({ name }) => name === nodeGroup);
    const subnets = group?.autoScalingGroup.subnets ?? [];
    const isFull = subnets.length > 0 && subnets.every(({ id }) => networks.freeAddresses(id) === 0);
    if (isFull && account.time.now > since)
      day.breach('an address for new nodes', `${cluster}/${nodeGroup} is upgraded, and no subnet has a free address`);
  };

  const changedPins = watchPins();
  const watchPinsNow = (): void => {
    if (calendar === undefined) return;
    for (const { taker, date, release } of changedPins(takersOf(day))) {
      if (release !== undefined) checkCalendar(`a pin of ${taker.name} to ${date}`);
    }
  };

  /** Whether something has been open for so long in one go that everybody has seen it. */
  const hasOpened = (what: 'alarm' | 'calendar' | 'window', since: number): boolean => {
    const { now } = account.time;
    const seenWithin = sweepPauseOf(day.scenario) + SEEN_WITHIN_MS;
    const isOpen = (at: number): boolean => {
      if (what === 'window') return window === undefined || closedFor(window, at) === 0;
      if (what === 'calendar') return calendar === undefined || !isClosed(calendar, at);
      const { watched, history = [] } =
        account.cloudWatch.alarms.all.find((alarm) => alarm.watched.definition.name === GATE) ?? {};
      const { to = 'OK' } = history.findLast((change) => change.at <= at) ?? {};
      return watched === undefined || to === 'OK';
    };
    for (let from = since; from + seenWithin <= now; from += 15 * MINUTE_MS) {
      let until = from;
      while (until - from < seenWithin && isOpen(until)) until += 15 * MINUTE_MS;
      if (until - from >= seenWithin) return true;
    }
    return false;
  };

  const checkWaits = (): void => {
    const inForce = day.policies.at(-1);
    if (inForce === undefined || inForce.policy.killSwitch || inForce.policy.upgrades.mode === 'off') return;
    const last = new Map<string, (typeof day.run.records)[number]>();
    for (const record of day.run.records) {
      const { remediation, cluster, nodegroup, instance } = record;
      if (nodegroup !== undefined && instance === undefined) last.set(`${remediation} ${cluster}/${nodegroup}`, record);
    }
    for (const [subject, { reason, time }] of last) {
      const what = WAITS[reason];
      if (what === undefined || !hasOpened(what, Math.max(Date.parse(time), inForce.since))) continue;
      day.breach('no wait for what has opened', `${subject} says ${reason} since ${time}`);
    }
  };

  return {
    ...(calendar !== undefined && { onTick: watchPinsNow }),
    onCall(call) {
      if (call.service === 'kubernetes') watchPinsNow();
      if (!isChange(call)) return;
      if (call.operation === 'StartInstanceRefresh') checkCalendar(`a refresh of ${call.input.AutoScalingGroupName}`);
      if (call.operation !== 'UpdateNodegroupVersion') return;
      const { clusterName, nodegroupName } = call.input;
      checkCalendar(`an upgrade of ${clusterName}/${nodegroupName}`);
      checkAddresses(String(clusterName), String(nodegroupName));
    },
    onEnd: checkWaits,
  };
}
