import { sweepPauseOf } from '../scenario/parts/sweeps.ts';
import { type Day, type Invariant, isChange } from './invariant.ts';

const HOUR_MS = 3_600_000;
/** How soon a slot is free once a sweep could see that its holder is gone, ms. It is watched four times an hour. */
const FREED_WITHIN_MS = 30 * 60_000;

/** Calls that may go on at rest: upgrades, and heartbeats for nodes that the kill switch holds at their hook. */
const GOES_ON: ReadonlySet<string> = new Set(['UpdateNodegroupVersion', 'RecordLifecycleActionHeartbeat']);

/** Once faults and people have been quiet for hours, nothing is changed any more, and nobody holds a slot in vain. */
export function rest(day: Day, endsAt: number): Invariant {
  const { account } = day.run;
  const { eks } = account.fleet;
  let changes = 0;
  /** When an instance was last seen running, epoch ms. EC2 forgets those that are terminated. */
  const lastRun = new Map<string, number>();
  /** When an update of a node group was last seen under way, epoch ms. */
  const lastUpdated = new Map<string, number>();
  const isUpdated = (cluster: string, nodegroup: string): boolean =>
    eks.updatesOf(cluster, nodegroup).some(({ status }) => status === 'InProgress');
  /** Workers that have version 2 of the metadata service set: each that an upgrade launches has, once. */
  const hardened = new Set<string>();
  return {
    onTick() {
      for (const { id, state } of account.fleet.instances.list()) {
        if (state === 'running') lastRun.set(id, account.time.now);
      }
      for (const cluster of eks.clusters.keys())
        for (const { name } of eks.nodeGroupsOf(cluster))
          if (isUpdated(cluster, name)) lastUpdated.set(`${cluster}/${name}`, account.time.now);
    },
    onCall(call) {
      if (account.time.now < endsAt - 2 * HOUR_MS || !isChange(call) || GOES_ON.has(call.operation)) return;
      const { InstanceId = '' } = call.input;
      if (call.operation === 'ModifyInstanceMetadataOptions' && !hardened.has(String(InstanceId))) {
        hardened.add(String(InstanceId));
        return;
      }
      if (call.function !== 'operator') changes += 1;
      // Some attempts an hour at what AWS refuses are told of, and are no unrest.
      if (changes === 20)
        day.breach('comes to rest', `${changes} changes in the last hours, the last one ${call.operation}`);
    },
    async onEnd() {
      const items = await account.dynamoDb.scan(account.stack.ref('AWS::DynamoDB::Table'));
      const holdersOf = (name: string): string[] =>
        Object.keys(items.find(({ pk, sk }) => pk?.S === 'budget' && sk?.S === name)?.slots?.M ?? {});
      for (const holder of holdersOf('quarantines')) {
        const goneFor = account.time.now - (lastRun.get(holder) ?? 0);
        if (goneFor > sweepPauseOf(day.scenario) + FREED_WITHIN_MS)
          day.breach('comes to rest', `${holder} holds a slot, and does not run`);
      }
      for (const holder of holdersOf('upgrades')) {
        const [cluster = '', nodegroup = ''] = holder.split('/');
        const endedFor = account.time.now - (lastUpdated.get(holder) ?? 0);
        if (!isUpdated(cluster, nodegroup) && endedFor > FREED_WITHIN_MS)
          day.breach('comes to rest', `${holder} holds a slot, and no update of it is under way`);
      }
    },
  };
}
