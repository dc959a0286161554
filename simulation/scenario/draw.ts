import type { FaultPlan } from '../../sandbox/account/faults.ts';
import { Random } from '../../sandbox/time/random.ts';
import { Draw } from './choices.ts';
import type { Fleet, Group } from './fleet.ts';
import { PARTS, type Parts } from './parts.ts';
import type { Mode, Policy } from './policy.ts';
import type { Scenario } from './scenario.ts';
import type { Step } from './step.ts';

/** Workers of a fleet at its start. */
export const WORKERS = 20;
/** When faults end, so that what they left can heal before the day is judged. Hours from the start. */
const TROUBLED_HOURS = 17;
/** When the last step is taken. Hours from the start. */
const BUSY_HOURS = 15;

const STARTS_AT = '2026-07-14T00:00:00Z';
const AMI_TYPES = ['AL2023_x86_64_STANDARD', 'AL2023_ARM_64_STANDARD'];

/** Draws the scenario of a seed: the same one on every machine. */
export function scenarioOf(seed: number): Scenario {
  const from = (stream: string): Draw => new Draw(new Random(seed).fork(stream));
  const draw = from('scenario');
  const { faults, eventualConsistency } = drawFaults(draw);
  const clusters = drawClusters(draw);
  const groups = clusters.flatMap(({ name: cluster, nodeGroups }) =>
    nodeGroups.map(({ name: nodeGroup }) => ({ cluster, nodeGroup })),
  );
  const ground = { clusters: clusters.map(({ name }) => name), groups, busyMinutes: BUSY_HOURS * 60 };
  const parts: Parts = {};
  for (const part of PARTS) Object.assign(parts, part.draw(from(part.stream), { ...ground, ...parts }));
  return {
    seed,
    fleet: {
      startsAt: STARTS_AT,
      eventualConsistency,
      releases: drawReleases(draw),
      clusters,
      launches: draw.some(1, 3, () => drawLaunch(draw, groups)),
      changes: draw.some(0, 2, () => drawChange(draw, groups)),
    },
    policy: drawPolicy(draw, false),
    faults,
    steps: draw.some(1, 6, () => drawStep(draw)).sort((one, other) => one.atMinute - other.atMinute),
    ...parts,
  };
}

function drawReleases(draw: Draw): Fleet['releases'] {
  const releaseVersions = ['1.33.12-20260625', '1.33.13-20260714', '1.33.13-20260718'];
  const times = ['-10d', `+${draw.number(0, 4)}h`, `+${draw.number(7, 12)}h`];
  return releaseVersions
    .slice(0, draw.number(2, 3))
    .flatMap((releaseVersion, index) =>
      AMI_TYPES.map((amiType) => ({ at: times[index] ?? '-10d', kubernetesVersion: '1.33', amiType, releaseVersion })),
    );
}

function drawClusters(draw: Draw) {
  const names = draw.of(['shop'], ['shop', 'data']);
  const ofCluster = WORKERS / names.length;
  return names.map((name) => {
    const count = draw.number(1, 3);
    return {
      name,
      version: '1.33',
      network: 'internet-without-address',
      nodeGroups: Array.from({ length: count }, (_, index) => {
        const desiredSize = Math.floor(ofCluster / count) + (index < ofCluster % count ? 1 : 0);
        return {
          name: ['web', 'api', 'batch'][index] ?? 'more',
          amiType: draw.of('AL2023_x86_64_STANDARD', 'AL2023_ARM_64_STANDARD'),
          desiredSize,
          maxSize: desiredSize + draw.number(1, 8),
          nodeRepair: draw.happens(0.25),
          ...(draw.happens(0.15) && { tags: { 'eks-host-remediator:ignore': 'true' } }),
          updateConfig: { maxUnavailable: draw.number(1, 3) },
          ...(draw.happens(0.2) && {
            updates: { fails: [{ errorCode: 'PodEvictionFailure', times: draw.number(1, 2) }] },
          }),
        };
      }),
      ...(draw.happens(0.5) && {
        otherInstances: [
          {
            name: 'bastion',
            tags: { [`kubernetes.io/cluster/${name}`]: 'shared' },
            exposure: { publicAddress: 'automatic', openPorts: [22] },
          },
        ],
      }),
      ...(draw.happens(0.2) && { autoMode: { instances: 1 } }),
    };
  });
}

function drawLaunch(draw: Draw, groups: readonly Group[]): object {
  return {
    at: `+${draw.number(5, BUSY_HOURS * 60)}m`,
    ...groups[draw.number(0, groups.length - 1)],
    count: draw.of(1, 1, 2),
    withinSeconds: draw.of(0, 30),
    exposure: {
      publicAddress: draw.of('automatic', 'automatic', 'elastic', 'none'),
      openPorts: draw.of([22], [22], []),
      ...(draw.happens(0.2) && { interfaces: 2 }),
      ...(draw.happens(0.1) && { ipv6: true }),
    },
  };
}

function drawChange(draw: Draw, groups: readonly Group[]): object {
  return {
    at: `+${draw.number(5, BUSY_HOURS * 60)}m`,
    ...groups[draw.number(0, groups.length - 1)],
    index: draw.number(0, 2),
    ...draw.of<object>({ associateAddress: true }, { attachInterface: { openPorts: [8080] } }),
  };
}

const drawMode = (draw: Draw): Mode => draw.of('enforce', 'enforce', 'enforce', 'enforce', 'observe', 'off');

function drawPolicy(draw: Draw, killSwitch: boolean): Policy {
  const off = { mode: 'off' } as const;
  return {
    killSwitch,
    upgrades: {
      mode: drawMode(draw),
      bakeAge: draw.of('1m', '1h', '3h'),
      concurrency: { perCluster: draw.number(1, 2), perAccount: draw.number(1, 3) },
      waitForQuarantine: draw.of('0m', '2h', '24h'),
    },
    quarantine: {
      mode: drawMode(draw),
      exposure: draw.of('address', 'open-port'),
      respond: draw.of('isolate', 'isolate', 'isolate', 'strip'),
      outOfService: draw.of('standby', 'standby', 'detach'),
      concurrency: {
        perGroup: draw.number(1, 2),
        perCluster: draw.number(1, 3),
        perAccount: draw.number(1, 4),
      },
    },
    ssmAgent: draw.happens(0.1) ? {} : off,
    findings: off,
    posture: off,
    imds: off,
    shells: { hosts: 'off' },
    notifications: draw.happens(0.2) ? {} : off,
  };
}

function drawStep(draw: Draw): Step {
  const atMinute = draw.number(10, BUSY_HOURS * 60);
  const index = draw.number(0, 19);
  switch (draw.number(0, 6)) {
    case 0:
      return { atMinute, kind: 'policy', policy: drawPolicy(draw, draw.happens(0.4)) };
    case 1:
    case 2:
      return { atMinute, kind: 'ask', action: draw.of('release', 'release', 'extend', 'terminate'), index };
    case 3:
      return { atMinute, kind: 'rule', action: draw.of('approve', 'reject'), index };
    case 4:
    case 5:
      return { atMinute, kind: 'expose-silently', index };
    default:
      return { atMinute, kind: 'forged-launch', index };
  }
}

/** Draws at least three kinds of faults. */
function drawFaults(draw: Draw): { readonly faults: FaultPlan; readonly eventualConsistency: boolean } {
  const kinds: FaultPlan[] = [
    { throttleRate: draw.of(0.02, 0.1) },
    { serverErrorRate: draw.of(0.02, 0.05) },
    { lostRequestRate: 0.02 },
    { lostReplyRate: draw.of(0.02, 0.05) },
    { duplicateMessages: true },
    { duplicateEvents: true },
    { deliveryDelayMs: draw.of(20_000, 300_000) },
    { deliveryFailureRate: 0.1 },
    { eventLossRate: draw.of(0.1, 0.5) },
    { crashRate: draw.of(0.002, 0.01) },
  ];
  const wanted = draw.number(3, 6);
  while (kinds.length > wanted) kinds.splice(draw.number(0, kinds.length - 1), 1);
  return {
    faults: Object.assign({ quietAfterMs: TROUBLED_HOURS * 3_600_000 }, ...kinds),
    eventualConsistency: draw.happens(0.4),
  };
}
