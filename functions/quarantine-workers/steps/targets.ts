import { BlockList, isIP } from 'node:net';
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  paginateDescribeTargetGroups,
  type TargetHealth,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { refusalOf } from '../../shared/runtime/aws-error.ts';
import { once } from '../../shared/runtime/once.ts';
import { type InterfaceView, vpcsOf } from '../exposure/interface-view.ts';
import type { SavedTarget } from '../model/quarantine-ledger.ts';
import { attempt, type StepClients, type StepReport, type StepSubject } from './step.ts';

/**
 * Whether a target leaves its group, or has left it. One that is `unused` for another reason is still registered: it gets
 * connections once a listener uses the group. Source: Elastic Load Balancing API reference, TargetHealth.
 */
const isLeaving = ({ State, Reason }: TargetHealth = {}): boolean =>
  State === 'draining' || Reason === 'Target.NotRegistered';

/**
 * Makes the reader for one reconcile: which target groups have a worker as a target, by its id or by one of its
 * addresses. It lists the target groups once, and reads each group's targets once, for any number of workers.
 */
export function targetReader(loadBalancing: ElasticLoadBalancingV2Client): StepClients['targetsOf'] {
  const arnsOf = once((vpcId: string) => listTargetGroups(loadBalancing, vpcId));
  const registered = once((arn: string) => readTargets(loadBalancing, arn));
  return async (instanceId, { vpcId, interfaces }) => {
    const vpcIds = vpcsOf({ vpcId, interfaces });
    const isOurs = targetOf(instanceId, interfaces);
    const arns = (await Promise.all(vpcIds.map(arnsOf))).flat();
    const perGroup = await pMap(arns, registered, { concurrency: READ_CONCURRENCY });
    return perGroup.flatMap((targets) => targets.filter(isOurs));
  };
}

/**
 * Tells whether a target is the worker: by its id, or by one of its addresses.
 *
 * @param more further addresses and ranges that are its own
 */
export function targetOf(
  instanceId: string,
  interfaces: readonly InterfaceView[],
  more: readonly string[] = [],
): (target: SavedTarget) => boolean {
  const addresses = new BlockList();
  const own = interfaces.flatMap(({ privateIps, ipv4Prefixes, ipv6, ipv6Prefixes }) => [
    ...privateIps,
    ...ipv6.map(({ address }) => address),
    ...ipv4Prefixes,
    ...ipv6Prefixes,
  ]);
  for (const each of [...own, ...more]) addTo(addresses, each);
  return ({ id }) => id === instanceId || (isIP(id) !== 0 && addresses.check(id, isIP(id) === 6 ? 'ipv6' : 'ipv4'));
}

/** The ARNs of the target groups of a VPC that can have workers as targets. */
async function listTargetGroups(loadBalancing: ElasticLoadBalancingV2Client, vpcId: string): Promise<string[]> {
  const arns: string[] = [];
  for await (const page of paginateDescribeTargetGroups({ client: loadBalancing, pageSize: 400 }, {})) {
    for (const { TargetGroupArn, TargetType, VpcId } of page.TargetGroups ?? []) {
      const holdsWorkers = TargetType === 'instance' || TargetType === 'ip';
      if (TargetGroupArn !== undefined && VpcId === vpcId && holdsWorkers) arns.push(TargetGroupArn);
    }
  }
  return arns;
}

/** Adds an address, or a range of addresses. Pods have addresses from the prefixes of their worker. */
function addTo(list: BlockList, range: string): void {
  const [network = '', length = ''] = range.split('/');
  const family = isIP(network);
  if (family === 0) return;
  const longest = family === 6 ? 128 : 32;
  const prefix = range.includes('/') ? Number(length || Number.NaN) : longest;
  if (Number.isInteger(prefix) && prefix >= 0 && prefix <= longest) {
    list.addSubnet(network, prefix, family === 6 ? 'ipv6' : 'ipv4');
  }
}

/** The targets of a group, without those that are leaving it. */
async function readTargets(
  loadBalancing: ElasticLoadBalancingV2Client,
  TargetGroupArn: string,
): Promise<SavedTarget[]> {
  try {
    const { TargetHealthDescriptions = [] } = await loadBalancing.send(
      new DescribeTargetHealthCommand({ TargetGroupArn }),
    );
    return TargetHealthDescriptions.flatMap(
      ({ Target: { Id, Port, QuicServerId } = {}, TargetHealth }): SavedTarget[] => {
        if (Id === undefined || TargetHealth?.State === 'draining') return [];
        return [
          {
            targetGroupArn: TargetGroupArn,
            id: Id,
            ...(Port !== undefined && { port: Port }),
            ...(QuicServerId !== undefined && { quicServerId: QuicServerId }),
          },
        ];
      },
    );
  } catch (error) {
    // The target group was deleted after it was listed.
    if (error instanceof Error && error.name === 'TargetGroupNotFoundException') return [];
    throw error;
  }
}

/** Deregisters the worker from its target groups. */
export const leaveTargetGroups = (subject: StepSubject): Promise<StepReport> =>
  attempt('target-groups', async () => {
    const { clients, quarantine, note } = subject;
    const byGroup = Map.groupBy(quarantine.saved.targets, ({ targetGroupArn }) => targetGroupArn);
    // What is refused for one target group keeps the worker in none of the others.
    const refused: string[] = [];
    for (const [TargetGroupArn, targets] of byGroup) {
      const Targets = targets.map(({ id, port }) => ({ Id: id, ...(port !== undefined && { Port: port }) }));
      try {
        const asked = new DescribeTargetHealthCommand({ TargetGroupArn, Targets });
        const { TargetHealthDescriptions = [] } = await clients.loadBalancing.send(asked);
        const health = TargetHealthDescriptions.map((each) => each.TargetHealth);
        // An answer that shows none of them is no evidence.
        if (health.length > 0 && health.every(isLeaving)) continue;
        const change = new DeregisterTargetsCommand({ TargetGroupArn, Targets });
        note('elasticloadbalancing', 'DeregisterTargets', await clients.loadBalancing.send(change));
      } catch (error) {
        if (error instanceof Error && error.name === 'TargetGroupNotFoundException') continue;
        const refusal = refusalOf(error);
        if (refusal === undefined) throw error;
        refused.push(`${TargetGroupArn}: ${refusal}`);
      }
    }
    return refused.length === 0 ? { outcome: 'done' } : { outcome: 'failed', note: refused.join(' ') };
  });
