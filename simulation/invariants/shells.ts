import type { Instance } from '../../sandbox/account/ec2/instance.ts';
import type { CallRecord } from '../../sandbox/account/service.ts';
import type { Invocation } from '../../sandbox/account/ssm/commands.ts';
import { wayInto } from '../scenario/flawed-hosts.ts';
import { commanded, groupOf, isHeld, isLeftAlone, lookedAtWithin, serves, sinceWhen } from './checked-hosts.ts';
import { type Day, type Invariant, presentPolicies } from './invariant.ts';

const MINUTE_MS = 60_000;
/** How old the look at a host may be when something is told or done by it, ms. */
const FRESH_MS = 20 * MINUTE_MS;
/** How long ago what a command goes by may have been read: calls are repeated with pauses, ms. */
const ACTS_WITHIN_MS = 10 * MINUTE_MS;
/** Pauses between two commands that close the same host: the first is repeated where nobody knows of it, ms. */
const REPEATED_WITHIN_MS = 30 * MINUTE_MS;
/** The pause counts from what was read before the first one, whose call may have been repeated. */
const ONE_TRY_IN_MS = 6 * 60 * MINUTE_MS - ACTS_WITHIN_MS;

/** A host is only said to be closed after a fresh look at it, gets back what it had, and is never closed for good. */
export function shells(day: Day): Invariant {
  if (day.scenario.shells === undefined) return {};
  const { account, records } = day.run;
  const startsAt = account.time.now;
  const { instances, commands, agents } = account.fleet;
  const documentOf = (id: string): string => account.stack.ref('AWS::SSM::Document', id);
  const [look, close, restore] = ['CloseShellsLook', 'CloseShellsClose', 'CloseShellsRestore'].map(documentOf);

  /**
   * Since when the agent of a worker has answered, no session has reached the worker, and it has been out of service, epoch
   * ms, as seen four times an hour.
   */
  const answersSince = new Map<string, number>();
  const unconnectedSince = new Map<string, number>();
  const heldSince = new Map<string, number>();
  /** When the keys of a worker were last written by somebody else, epoch ms. */
  const written = new Map<string, number>();
  const given = new Map<string, Instance['commands']['host']>();
  const closedAt = new Map<string, number>();
  let read = 0;

  const keep = (since: Map<string, number>, id: string, isSo: boolean): void => {
    if (!isSo) since.delete(id);
    else if (!since.has(id)) since.set(id, account.time.now);
  };
  /** Whether something has been so for longer than a reconcile may act by what it has read. */
  const isLongSo = (since: ReadonlyMap<string, number>, id: string): boolean =>
    account.time.now - (since.get(id) ?? account.time.now) > ACTS_WITHIN_MS;

  const wayInOf = (instance: Instance) => wayInto(commands.hostOf(instance));

  const watch = (): void => {
    for (const each of instances.list()) {
      const { id, state } = each;
      const { host } = each.commands;
      if (given.has(id) && given.get(id) !== host) written.set(id, account.time.now);
      given.set(id, host);
      keep(answersSince, id, agents.get(id)?.pingStatus === 'Online');
      keep(unconnectedSince, id, !agents.isConnected(id));
      keep(heldSince, id, state === 'running' && isHeld(day, each));
    }
  };

  /** The commands of a kind on a worker that have ended, the newest last. */
  const endedOn = (id: string, document: string | undefined): Array<Invocation & { readonly endedAt: number }> =>
    commands
      .list()
      .flatMap((command) =>
        command.document.name !== document
          ? []
          : command.invocations.flatMap((one) =>
              one.instance.id === id && one.endedAt !== undefined ? [{ ...one, endedAt: one.endedAt }] : [],
            ),
      );

  const hearClosed = (id: string, at: number): void => {
    const lastClose = endedOn(id, close).findLast(({ endedAt }) => endedAt <= at)?.endedAt ?? 0;
    const fresh = endedOn(id, look).findLast(
      ({ startedAt = 0, endedAt, status }) =>
        status === 'Success' && startedAt >= lastClose && endedAt <= at && at - startedAt <= FRESH_MS,
    );
    if (fresh === undefined)
      day.breach('closed after a fresh look', `${id} was said to be closed, and nobody has looked since`);
    const instance = instances.get(id);
    const since = at - FRESH_MS;
    const isLater = (written.get(id) ?? 0) > since || endedOn(id, restore).some(({ endedAt }) => endedAt > since);
    if (instance !== undefined && wayInOf(instance) !== undefined && !isLater)
      day.breach('closed after a fresh look', `${id} was said to be closed, and ${wayInOf(instance)} lets people in`);
  };

  const hear = (): void => {
    for (const { remediation, instance, reason, decision, time } of records.slice(read)) {
      if (remediation !== 'close-shells' || instance === undefined) continue;
      if (reason === 'shells-closed' && decision === 'done') hearClosed(instance, Date.parse(time));
    }
    read = records.length;
  };

  const checkClose = (id: string): void => {
    const instance = instances.get(id);
    if (instance === undefined) return;
    const { now } = account.time;
    const isApproved = day.ruledOn.has(`shells ${id}`);
    const acts = presentPolicies(day).some(
      ({ killSwitch, shells: section }) =>
        !killSwitch && (section?.hosts === 'enforce' || (isApproved && section?.hosts === 'observe')),
    );
    if (!acts) day.breach('observe changes nothing', `close-shells closes ${id}`);
    const nodegroup = instance.tags.get('eks:nodegroup-name');
    // A worker that was detached from its group is none of it any more, whatever tag it keeps: anybody may set that.
    if (nodegroup !== undefined && nodegroup === day.scenario.shells?.waived && serves(day, instance))
      day.breach('the last way in stays', `close-shells closes ${id} of ${nodegroup}, which is waived`);
    if (isLongSo(unconnectedSince, id) && !agents.isConnected(id))
      day.breach('the last way in stays', `close-shells closes ${id}, which no session reaches`);
    if (isLongSo(heldSince, id) && isHeld(day, instance))
      day.breach('the last way in stays', `close-shells closes ${id}, which is out of service`);
    const pause = now - (closedAt.get(id) ?? Number.NEGATIVE_INFINITY);
    if (pause > REPEATED_WITHIN_MS && pause < ONE_TRY_IN_MS)
      day.breach('closed once', `close-shells closes ${id} again after ${Math.round(pause / MINUTE_MS)} minutes`);
    closedAt.set(id, now);
  };

  const checkCommand = (call: CallRecord): void => {
    if (call.function !== 'close-shells') return;
    const name = String(Object(call.input).DocumentName).split('/').at(-1);
    for (const id of commanded(call)) {
      const instance = instances.get(id);
      if (instance !== undefined && isLeftAlone(day, instance))
        day.breach('untouched', `close-shells sends a command to ${id}, which opted out`);
      if (name === close) checkClose(id);
    }
  };

  /** Whoever had its keys put aside and was to get them back has them, unless a record says otherwise. */
  const checkRestored = (last: ReadonlyMap<string, string>): void => {
    for (const [id, reason] of last) {
      const instance = instances.get(id);
      const restored = endedOn(id, restore).findLast(({ status }) => status === 'Success')?.endedAt ?? 0;
      const isClosedAgain = (endedOn(id, close).at(-1)?.endedAt ?? 0) >= restored;
      if (isClosedAgain || reason === 'shells-not-restored' || instance?.state !== 'running') continue;
      const way = wayInto(instance.commands.host);
      if (wayInOf(instance) !== way)
        day.breach('given back as it was', `${id} had a ${way}, and has ${wayInOf(instance)}`);
    }
  };

  /** Whose ways in were closed before the faults ended is said to have been told so, also where a crash came between. */
  const checkRecorded = (): void => {
    const told = new Set(records.flatMap(({ reason, instance }) => (reason === 'shells-being-closed' ? instance : [])));
    const before = startsAt + (day.scenario.faults.quietAfterMs ?? Number.POSITIVE_INFINITY);
    for (const { id, state } of instances.list()) {
      const isClosed =
        state === 'running' &&
        endedOn(id, close).some(({ status, endedAt }) => status === 'Success' && endedAt < before);
      if (isClosed && !told.has(id))
        day.breach('nothing is lost', `${id} was told to close its ways in, and nothing was said`);
    }
  };

  const checkTold = (last: ReadonlyMap<string, string>): void => {
    const inForce = day.policies.at(-1)?.policy;
    if (inForce === undefined) return;
    const isOn = sinceWhen(
      day,
      (one) => !one.killSwitch && one.shells?.hosts !== 'off' && one.posture?.mode === 'observe',
    );
    const since = account.time.now - lookedAtWithin(day, inForce);
    if (isOn > since) return;
    const groups = Map.groupBy(
      instances.list().filter(({ state }) => state !== 'terminated'),
      groupOf,
    );
    for (const members of groups.values()) {
      // Checks look at some hosts of a group. Where one has no key any more, nobody may know of the others.
      if (!members.every((each) => wayInOf(each) !== undefined && serves(day, each))) continue;
      for (const each of members) {
        const { id, launchedAt } = each;
        const answered = answersSince.get(id) ?? Number.POSITIVE_INFINITY;
        if (isLeftAlone(day, each) || Math.max(launchedAt, answered, written.get(id) ?? 0) > since) continue;
        const said = last.get(id);
        if (said === undefined || said === 'shells-closed')
          day.breach('a way in is closed or told', `${id} lets people in by a ${wayInOf(each)}, and ${said} was said`);
      }
    }
  };

  return {
    onTick() {
      watch();
      hear();
    },
    onCall: checkCommand,
    onEnd() {
      watch();
      hear();
      const last = new Map<string, string>();
      for (const { remediation, instance, reason } of records) {
        if (remediation === 'close-shells' && instance !== undefined) last.set(instance, reason);
      }
      checkRestored(last);
      checkRecorded();
      checkTold(last);
    },
  };
}
