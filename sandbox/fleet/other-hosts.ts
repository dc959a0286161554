import type { OtherHosts } from '../kubernetes/other-hosts.ts';
import type { Fleet } from './fleet.ts';
import type { FleetState } from './state.ts';
import { parseIso, parseTime } from './time.ts';

const DAY_MS = 86_400_000;

/** The hosts of a cluster that are no EC2 instances, as they are now. */
export function otherHostsOf(
  { clusters, startsAt }: Fleet,
  { world, eks }: Pick<FleetState, 'world' | 'eks'>,
  clusterName: string,
): OtherHosts {
  const cluster = clusters.find(({ name }) => name === clusterName);
  const start = parseIso(startsAt) ?? 0;
  const versionOf = (version: string): string => `v${version}.0-eks-1a2b3c4`;
  const atFirst = versionOf(cluster?.version ?? '');
  const [profile = 'default'] = cluster?.fargateProfiles ?? [];
  return {
    clusterName,
    region: world.region,
    fargate: (cluster?.fargateWorkloads ?? []).map(({ restartsAt, kubeletVersion = atFirst, ...workload }) => {
      const restartedAt = restartsAt === undefined ? undefined : parseTime(restartsAt, start);
      const isNew = restartedAt !== undefined && restartedAt <= world.time.now;
      return {
        ...workload,
        profile,
        kubeletVersion: isNew ? versionOf(eks.cluster(clusterName).version) : kubeletVersion,
        startedAt: isNew ? restartedAt : start - DAY_MS,
      };
    }),
    hybrid: (cluster?.hybridHosts ?? []).map(({ kubeletVersion = atFirst, ...host }) => ({
      ...host,
      kubeletVersion,
      joinedAt: start - DAY_MS,
    })),
  };
}
