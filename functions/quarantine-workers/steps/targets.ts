import { BlockList, isIPv4 } from 'node:net';
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  paginateDescribeTargetGroups,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { WorkerView } from '../observation.ts';
import type { SavedTarget } from '../quarantine-ledger.ts';
import { attempt, type StepReport, type StepSubject } from './step.ts';

/** States in which a target gets no new connections. */
const LEAVING: ReadonlySet<string | undefined> = new Set(['draining', 'unused']);

/** Every target group of the VPC that has the worker as a target, by its id or by one of its addresses. */
export async function targetsOf(
  loadBalancing: ElasticLoadBalancingV2Client,
  instanceId: string,
  { vpcId, interfaces }: WorkerView,
): Promise<SavedTarget[]> {
  const ids = new Set([instanceId, ...interfaces.flatMap(({ privateIps }) => privateIps)]);
  const prefixes = new BlockList();
  for (const prefix of interfaces.flatMap(({ ipv4Prefixes }) => ipv4Prefixes)) addTo(prefixes, prefix);
  const isOurs = (id: string) => ids.has(id) || (isIPv4(id) && prefixes.check(id));
  const arns: string[] = [];
  for await (const page of paginateDescribeTargetGroups({ client: loadBalancing, pageSize: 400 }, {})) {
    for (const { TargetGroupArn, TargetType, VpcId } of page.TargetGroups ?? []) {
      const holdsWorkers = TargetType === 'instance' || TargetType === 'ip';
      if (TargetGroupArn !== undefined && VpcId === vpcId && holdsWorkers) arns.push(TargetGroupArn);
    }
  }
  const perGroup = await pMap(arns, (arn) => registered(loadBalancing, arn, isOurs), { concurrency: READ_CONCURRENCY });
  return perGroup.flat();
}

/** Pods have addresses from the prefixes of their worker. */
function addTo(list: BlockList, prefix: string): void {
  const [network = '', length = ''] = prefix.split('/');
  if (isIPv4(network) && /^\d{1,2}$/.test(length) && Number(length) <= 32) list.addSubnet(network, Number(length));
}

async function registered(
  loadBalancing: ElasticLoadBalancingV2Client,
  targetGroupArn: string,
  isOurs: (id: string) => boolean,
): Promise<SavedTarget[]> {
  try {
    const asked = new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn });
    const { TargetHealthDescriptions = [] } = await loadBalancing.send(asked);
    return TargetHealthDescriptions.flatMap(({ Target: { Id, Port } = {}, TargetHealth }): SavedTarget[] => {
      if (Id === undefined || !isOurs(Id) || TargetHealth?.State === 'draining') return [];
      return [{ targetGroupArn, id: Id, ...(Port !== undefined && { port: Port }) }];
    });
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
    for (const [TargetGroupArn, targets] of byGroup) {
      const Targets = targets.map(({ id, port }) => ({ Id: id, ...(port !== undefined && { Port: port }) }));
      try {
        const asked = new DescribeTargetHealthCommand({ TargetGroupArn, Targets });
        const { TargetHealthDescriptions = [] } = await clients.loadBalancing.send(asked);
        if (TargetHealthDescriptions.every(({ TargetHealth }) => LEAVING.has(TargetHealth?.State))) continue;
        const change = new DeregisterTargetsCommand({ TargetGroupArn, Targets });
        note('elasticloadbalancing', 'DeregisterTargets', await clients.loadBalancing.send(change));
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'TargetGroupNotFoundException') throw error;
      }
    }
    return { outcome: 'done' };
  });
