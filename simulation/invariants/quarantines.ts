import type { RemediationRecord } from '../../functions/shared/records/record.ts';
import type { Instance } from '../../sandbox/account/ec2/instances.ts';
import { hasQuarantineGroup, isOfQuarantine } from '../quarantine-groups.ts';
import { type Day, type Invariant, isChange, largest } from './invariant.ts';

const ENDED: ReadonlySet<string> = new Set(['shutting-down', 'terminated']);

/** The group of a worker, whoever owns it. */
const groupOf = ({ tags }: Instance): string | undefined =>
  ['eks:nodegroup-name', 'karpenter.sh/nodepool', 'aws:autoscaling:groupName'].flatMap((key) => tags.get(key) ?? [])[0];

/** How a worker was before anybody changed it. */
interface Former {
  /** Security groups by interface. */
  readonly groups: Map<string, readonly string[]>;
}

/** Workers are in quarantine within their budget, and get back exactly what they had. */
export function quarantines(day: Day): Invariant {
  const { account } = day.run;
  const { instances, networks, autoScalingGroups } = account.fleet;
  const former = new Map<string, Former>();
  let told = 0;

  const isOfStack = (id: string): boolean => isOfQuarantine(networks, id);

  /** Keeps what interfaces have that are in no quarantine, and are seen for the first time. */
  const remember = (): void => {
    for (const { id } of instances.list()) {
      const known = former.get(id)?.groups ?? new Map<string, readonly string[]>();
      former.set(id, { groups: known });
      for (const { id: interfaceId, securityGroupIds } of networks.interfaces.of(id)) {
        if (!known.has(interfaceId) && !securityGroupIds.some(isOfStack)) known.set(interfaceId, [...securityGroupIds]);
      }
    }
  };

  const count = (): void => {
    // A worker that EC2 is terminating has left its place.
    const held = instances.list().filter((one) => !ENDED.has(one.state) && hasQuarantineGroup(networks, one.id));
    const { perAccount, perCluster, perGroup } = {
      perAccount: largest(day, ({ quarantine: { concurrency } }) => concurrency.perAccount),
      perCluster: largest(day, ({ quarantine: { concurrency } }) => concurrency.perCluster),
      perGroup: largest(day, ({ quarantine: { concurrency } }) => concurrency.perGroup),
    };
    const tooMany = (many: number, most: number, where: string): void => {
      if (many > most) day.breach('budget', `${many} workers of ${where} are in quarantine at once, not ${most}`);
    };
    tooMany(held.length, perAccount, 'the account');
    const clusterOf = ({ kubernetes }: Instance): string => kubernetes?.clusterName ?? '';
    for (const [place, ofPlace] of Map.groupBy(held, clusterOf)) tooMany(ofPlace.length, perCluster, place);
    const groups = Map.groupBy(held, (one) => `${clusterOf(one)} ${groupOf(one)}`);
    for (const [place, ofPlace] of groups) tooMany(ofPlace.length, perGroup, place);
  };

  /** Whoever is said to be released has each security group of each interface, in their order, and its service. */
  const compareReleased = (): void => {
    const { records } = day.run;
    const fresh = records.slice(told);
    for (const [index, { reason, instance = '', decision }] of fresh.entries()) {
      if (reason !== 'released' || decision !== 'done') continue;
      // Another exposure, which nobody has accepted, has it isolated again.
      const isHeldAgain = ({ instance: other, reason: why }: RemediationRecord): boolean =>
        other === instance && why === 'quarantine-started';
      if (fresh.slice(index).some(isHeldAgain)) continue;
      const worker = instances.get(instance);
      if (worker === undefined || worker.state !== 'running') continue;
      for (const { id, securityGroupIds } of networks.interfaces.of(instance)) {
        const before = former.get(instance)?.groups.get(id);
        if (before !== undefined && before.join() !== securityGroupIds.join()) {
          day.breach('released to the former state', `${id} of ${instance} has ${securityGroupIds}, and had ${before}`);
        }
      }
      const member = autoScalingGroups.list().flatMap(({ members }) => members.get(instance) ?? [])[0];
      if (member?.lifecycleState === 'Standby') {
        day.breach('released to the former state', `${instance} was said to be released, and is in standby`);
      }
    }
    told = records.length;
  };

  return {
    onCall(call) {
      if (call.function !== 'quarantine-workers') return;
      remember();
      if (!isChange(call)) return;
      if (call.operation === 'ModifyNetworkInterfaceAttribute') count();
    },
    onTick() {
      remember();
      compareReleased();
    },
    onEnd: compareReleased,
  };
}
