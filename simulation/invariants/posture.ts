import { GROUP_STATES } from '../../functions/shared/posture/group-states.ts';
import type { RemediationRecord } from '../../functions/shared/records/record.ts';
import { FLAW_IDS, type Flaw, flawsOf } from '../scenario/flawed-hosts.ts';
import { commanded, groupOf, isHeld, isLeftAlone, lookedAtWithin, serves, sinceWhen } from './checked-hosts.ts';
import { type Day, type Invariant, presentPolicies } from './invariant.ts';

const MINUTE_MS = 60_000;
/** How old what a check has seen may be when it is told: commands, a reconcile, and the watch four times an hour, ms. */
const SEEN_BEFORE_MS = 45 * MINUTE_MS;

/** The flaws that some or all hosts of a group have at a time. */
interface Look {
  readonly at: number;
  readonly some: ReadonlySet<Flaw>;
  readonly all: ReadonlySet<Flaw>;
}

const OUTCOMES: ReadonlySet<string> = new Set(['posture-failed', 'posture-waived', 'posture-passed']);

/** What fails on hosts is told once, as long as it is not waived; its end once it is mended. */
export function posture(day: Day): Invariant {
  if (day.scenario.posture === undefined) return {};
  const { account, records } = day.run;
  const { instances, commands, eks } = account.fleet;
  const startsAt = account.time.now;
  const looks = new Map<string, Look[]>();
  /** The last word on each check of each group. */
  const words = new Map<string, RemediationRecord>();
  let read = 0;

  const look = (): void => {
    const groups = Map.groupBy(
      instances.list().filter(({ state }) => state !== 'terminated'),
      groupOf,
    );
    for (const [group, members] of groups) {
      if (group === undefined) continue;
      const found = members.map((each) => flawsOf(commands.hostOf(each)));
      const some = new Set(FLAW_IDS.filter((id) => found.some((flaws) => flaws.has(id))));
      const all = new Set(FLAW_IDS.filter((id) => found.every((flaws) => flaws.has(id))));
      const known = looks.get(group) ?? [];
      looks.set(group, known);
      known.push({ at: account.time.now, some, all });
    }
  };

  /** The looks at a group since a time, with the last one before it. */
  const looksSince = (group: string, since: number): Look[] => {
    const known = looks.get(group) ?? [];
    const first = known.findIndex(({ at }) => at > since);
    return known.slice(Math.max(0, (first === -1 ? known.length : first) - 1));
  };

  /** Whether each of the policies by which a record may have been told waives a check. */
  const areWaived = (check: string, { nodegroup, time }: RemediationRecord): boolean[] =>
    presentPolicies(day, Date.parse(time)).map((policy) =>
      (policy.posture?.waivers ?? []).some(
        (one) => one.check === check && (one.nodegroup === undefined || one.nodegroup === nodegroup),
      ),
    );

  /** Whether a finding is the word of an earlier look, which a crash kept back, with that of today right behind it. */
  const isTakenBack = ({ cluster, nodegroup, details, time }: RemediationRecord): boolean =>
    records.some(
      (later) =>
        later.reason === 'posture-waived' &&
        later.cluster === cluster &&
        later.nodegroup === nodegroup &&
        later.details?.check === details?.check &&
        Date.parse(later.time) >= Date.parse(time) &&
        Date.parse(later.time) - Date.parse(time) < 1_000,
    );

  const hear = (record: RemediationRecord): void => {
    const { reason, cluster, nodegroup, details, id } = record;
    // That the owners of a group can be read again is about no check.
    if (details?.check === undefined) return;
    const check = String(details.check);
    const group = `${cluster}/${nodegroup}`;
    const key = `${group} ${check}`;
    const last = words.get(key);
    if (last?.id === id) return;
    if (reason === 'posture-failed' && last?.reason === 'posture-failed')
      day.breach('told once', `${key} fails, which was told at ${last.time}`);
    if (reason === 'posture-passed' && (last === undefined || last.reason === 'posture-passed'))
      day.breach('told once', `${key} does not fail any more, and ${last?.reason} was said before`);
    words.set(key, record);
    const waived = areWaived(check, record);
    if (reason === 'posture-failed' && waived.every(Boolean) && !isTakenBack(record))
      day.breach('what is waived is not told', `${key} is told as a finding`);
    if (reason === 'posture-waived' && !waived.some(Boolean))
      day.breach('what is waived is not told', `${key} is told as waived, and no waiver is about it`);
    const flaw = FLAW_IDS.find((each) => each === check);
    if (flaw === undefined) return;
    const recent = looksSince(group, Date.parse(record.time) - SEEN_BEFORE_MS);
    // What failed on a worker fails as long as nobody can look at it, as in quarantine.
    const hidden = instances.list().some((each) => groupOf(each) === group && isHeld(day, each));
    if (reason !== 'posture-passed' && !hidden && !recent.some(({ some }) => some.has(flaw)))
      day.breach('a finding is one', `${key} is told, and no host has it`);
    if (reason === 'posture-passed' && recent.every(({ all }) => all.has(flaw)))
      day.breach('a mended finding ends', `${key} does not fail any more, and all hosts have it`);
  };

  const hearAll = (): void => {
    for (const record of records.slice(read)) {
      if (record.remediation === 'check-posture' && OUTCOMES.has(record.reason)) hear(record);
    }
    read = records.length;
  };

  /** Judges what was said last of a group that was checked at that time. */
  const checkLast = (group: string, checkedAt: number): void => {
    const [cluster = '', nodegroup] = group.split('/');
    const since = checkedAt - SEEN_BEFORE_MS;
    const recent = looksSince(group, since);
    for (const flaw of FLAW_IDS) {
      const said = words.get(`${group} ${flaw}`)?.reason;
      const isOpen = said === 'posture-failed' || said === 'posture-waived';
      if (isOpen && recent.every(({ some }) => !some.has(flaw)))
        day.breach('a mended finding ends', `${flaw} of ${cluster}/${nodegroup} is mended, and ${said} was said last`);
      if (!isOpen && recent.every(({ all }) => all.has(flaw)))
        day.breach('a finding is told', `${flaw} of ${cluster}/${nodegroup} fails, and ${said} was said last`);
    }
  };

  return {
    onTick() {
      look();
      hearAll();
    },
    onCall(call) {
      if (call.function !== 'check-posture') return;
      const ids = commanded(call);
      if (ids.length > 0 && !presentPolicies(day).some((one) => !one.killSwitch && one.posture?.mode === 'observe'))
        day.breach('observe changes nothing', 'check-posture has hosts checked');
      for (const id of ids) {
        const instance = instances.get(id);
        if (instance !== undefined && isLeftAlone(day, instance))
          day.breach('untouched', `check-posture looks at ${id}, which opted out`);
      }
    },
    async onEnd() {
      look();
      hearAll();
      const inForce = day.policies.at(-1)?.policy;
      if (inForce === undefined) return;
      const isOn = sinceWhen(day, (one) => !one.killSwitch && one.posture?.mode === 'observe');
      const within = lookedAtWithin(day, inForce);
      const items = await account.dynamoDb.scan(account.stack.ref('AWS::DynamoDB::Table'));
      const online = new Set(account.onlineAgents());
      for (const cluster of eks.clusters.keys()) {
        for (const { name } of eks.nodeGroupsOf(cluster)) {
          const group = `${cluster}/${name}`;
          const members = instances.list().filter((one) => one.state !== 'terminated' && groupOf(one) === group);
          // A host that tells nothing keeps its finding, and says nothing of others.
          const isWhole = members.every((one) => serves(day, one) && online.has(one.id) && !isLeftAlone(day, one));
          if (!isWhole || members.length === 0 || isOn + within > account.time.now) continue;
          const { N: checkedAt = '0' } =
            items.find(({ pk, sk }) => pk?.S === GROUP_STATES && sk?.S === group)?.checkedAt ?? {};
          const last = Math.max(Number(checkedAt), startsAt);
          if (account.time.now - last > within)
            day.breach('hosts are checked', `${group} was last checked at ${new Date(last).toISOString()}`);
          if (Number(checkedAt) > isOn + SEEN_BEFORE_MS) checkLast(group, Number(checkedAt));
        }
      }
    },
  };
}
