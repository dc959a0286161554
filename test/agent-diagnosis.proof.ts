import { beforeAll, describe, expect, it } from 'vitest';
import type { RemediationRecord } from '../functions/shared/records/record.ts';
import { HOUR, playThrough, start } from './harness.ts';
import { changes, daemonSets, ENTRY, ours, type Run } from './ssm-agent.fixture.ts';

/*
 * Each situation in which an agent does not answer has a cluster of its own, all in one fleet. Each cluster has one
 * worker that has run for days, and one that is launched a minute after the start, unless it says otherwise.
 */

interface Situation {
  readonly network?: unknown;
  readonly vpc?: object;
  readonly ssm?: object;
  readonly amiType?: string;
  readonly imageId?: string;
  /** Another node group of the cluster, in the same subnets. */
  readonly beside?: object;
}

const LEAST = {
  Statement: [
    { Effect: 'Allow', Action: 'ssm:UpdateInstanceInformation', Resource: 'arn:aws:ec2:*:*:instance/*' },
    { Effect: 'Allow', Action: 'ssmmessages:*', Resource: '*' },
  ],
};
const DENY = { Statement: { Effect: 'Deny', Action: 'ssm:*', Resource: '*' } };
const BOUNDARY = { Statement: { Effect: 'Allow', Action: ['ec2:*', 'ecr:*', 'eks:*'], Resource: '*' } };
const byEndpoint = (vpce: string) => ({
  Statement: { ...LEAST.Statement[1], Action: '*', Condition: { StringEquals: { 'aws:SourceVpce': vpce } } },
});
const DEAD = { agent: 'dead' };
const shut = { direction: 'ingress', action: 'allow', ports: [443, 443] };

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'endpoint-shadows-nat': { network: { wayOut: 'nat', endpoints: { admits: 'others' } } },
  'one-endpoint-shadows-nat': {
    network: { wayOut: 'nat', endpoints: [{ services: ['ssmmessages'], admits: 'others' }] },
  },
  'endpoint-policy': {
    network: { wayOut: 'nat', endpoints: { policy: { Statement: { ...DENY.Statement, Principal: '*' } } } },
  },
  'endpoint-policy-without-sessions': {
    network: {
      wayOut: 'nat',
      endpoints: [
        { services: ['ssmmessages'], policy: { Statement: { ...DENY.Statement, Principal: '*', Action: '*' } } },
      ],
    },
  },
  'role-without-sessions': {
    ssm: { managedPolicy: false, role: { policies: { agent: { Statement: LEAST.Statement[0] } } } },
  },
  'nothing-let-out': { network: { wayOut: 'nat', endpoints: [], nodeEgress: [] } },
  'acl-without-answers': {
    network: {
      wayOut: 'nat',
      endpoints: [],
      networkAcl: [
        { rule: 1, direction: 'egress', action: 'allow' },
        { rule: 1, ...shut },
      ],
    },
  },
  'nat-in-private-subnet': { network: { wayOut: 'nat-in-private-subnet', endpoints: [] } },
  'private-nat-closed': { network: { wayOut: 'private-nat', beyond: false, endpoints: [] } },
  'nat-blocked': { network: 'nat', vpc: { blockPublicAccess: 'block-bidirectional' } },
  'nat-passed-hangs': { network: 'nat', vpc: { blockPublicAccess: 'block-ingress' }, ssm: DEAD },
  'public-blocked': { network: 'internet', vpc: { blockPublicAccess: 'block-ingress' } },
  denied: { ssm: { role: { policies: { guard: DENY } } } },
  bounded: { ssm: { role: { boundary: BOUNDARY } } },
  'least-privilege-hangs': { ssm: { ...DEAD, managedPolicy: false, role: { policies: { agent: LEAST } } } },
  'condition-unmet': { ssm: { managedPolicy: false, role: { policies: { agent: byEndpoint('vpce-0') } } } },
  'transit-gateway-closed': { network: { wayOut: 'transit-gateway', beyond: false, endpoints: [] } },
  'transit-gateway-hangs': { network: { wayOut: 'transit-gateway', endpoints: [] }, ssm: DEAD },
  'firewall-missing': { network: { wayOut: 'firewall', endpoints: [] }, ssm: { agent: 'missing' } },
  'firewall-with-neighbour': {
    network: { wayOut: 'firewall', endpoints: [] },
    ssm: DEAD,
    beside: { name: 'beside', desiredSize: 3 },
  },
  'proxy-hangs': { network: { wayOut: 'none', proxy: true, endpoints: [] }, ssm: DEAD },
  'hub-closed': { network: { wayOut: 'none', hub: 'closed', endpoints: [] } },
  'hub-hangs': { network: { wayOut: 'none', hub: 'open', endpoints: [] }, ssm: DEAD },
  'unreadable-list-hangs': { network: { endpoints: { admits: 'unreadable-prefix-list' } }, ssm: DEAD },
  'list-hangs': { network: { endpoints: { admits: 'prefix-list' } }, ssm: DEAD },
  'routed-by-list-hangs': {
    network: { wayOut: 'nat', endpoints: [] },
    vpc: { routeByPrefixList: true },
    ssm: DEAD,
  },
  'pods-only': { network: { endpoints: { admits: 'pods' } } },
  'shut-in': { network: { wayOut: 'none' }, ssm: { agent: 'missing' } },
  windows: { amiType: 'WINDOWS_CORE_2022_x86_64', ssm: { agent: 'missing' } },
  'bottlerocket-copy': {
    imageId: 'ami-0c0ffee0c0ffee009',
    ssm: { agent: 'missing', osImage: 'Bottlerocket OS 1.62.0 (aws-k8s-1.33)' },
  },
};

const RELEASES = [
  ['AL2023_x86_64_STANDARD', '1.33.13-20260714'],
  ['WINDOWS_CORE_2022_x86_64', '1.33-2026.07.08'],
].map(([amiType, releaseVersion]) => ({ at: '-10d', kubernetesVersion: '1.33', amiType, releaseVersion }));

const clusters = Object.entries(SITUATIONS).map(
  ([name, { network = 'nat', vpc, ssm = {}, amiType, imageId, beside }]) => ({
    name,
    version: '1.33',
    network,
    ...(vpc !== undefined && { vpc }),
    accessEntries: [ENTRY],
    nodeGroups: [
      {
        name: 'web',
        desiredSize: 1,
        maxSize: 2,
        ssm,
        // Two interfaces, the second of which has the security group for pods.
        ...(name === 'pods-only' && { exposure: { interfaces: 2 } }),
        ...(amiType !== undefined && { amiType }),
        ...(imageId !== undefined && { amiType: 'CUSTOM', launchTemplate: { imageId } }),
      },
      ...(beside === undefined ? [] : [beside]),
    ],
  }),
);

describe('a worker whose agent does not answer', () => {
  let run: Run;
  let byCluster: Map<string, RemediationRecord[]>;

  beforeAll(async () => {
    run = await playThrough({
      inProcess: true,
      fleet: {
        startsAt: '2026-07-20T00:05:00Z',
        releases: RELEASES,
        clusters,
        launches: clusters.map(({ name }) => ({
          at: '+1m',
          cluster: name,
          nodeGroup: 'web',
          count: 1,
          withinSeconds: 0,
        })),
      },
      policy: { quarantine: { mode: 'off' }, upgrades: { mode: 'off' }, findings: { mode: 'off' } },
      play: '70m',
    });
    byCluster = Map.groupBy(
      ours(run).filter(({ nodegroup }) => nodegroup !== 'beside'),
      ({ cluster = '' }) => cluster,
    );
  });

  const told = (name: string) => (byCluster.get(name) ?? []).filter(({ decision }) => decision !== 'waiting');

  it.each<[string, string, string]>([
    ['endpoint-shadows-nat', 'no-network-path', 'does not admit 10.'],
    ['one-endpoint-shadows-nat', 'no-network-path', '(ssmmessages) does not admit 10.'],
    ['endpoint-policy', 'no-network-path', 'denies ssm:UpdateInstanceInformation'],
    ['endpoint-policy-without-sessions', 'sessions-not-connected', 'denies ssmmessages:CreateControlChannel'],
    ['role-without-sessions', 'sessions-not-connected', 'Role role-without-sessions-web-node does not allow'],
    ['nothing-let-out', 'no-network-path', 'of the instance lets nothing out to the Internet on port 443'],
    ['acl-without-answers', 'no-network-path', 'does not let the answers to HTTPS in'],
    ['nat-in-private-subnet', 'no-network-path', ', but subnet subnet-'],
    ['private-nat-closed', 'cause-unclear', 'which is a private one: behind it nothing can be seen'],
    ['nat-blocked', 'no-network-path', 'VPC Block Public Access shuts subnet subnet-'],
    ['nat-passed-hangs', 'connection-lost', 'registered once'],
    ['public-blocked', 'no-network-path', 'VPC Block Public Access shuts subnet subnet-'],
    ['denied', 'role-lacks-ssm', 'policy guard denies ssm:UpdateInstanceInformation'],
    ['bounded', 'role-lacks-ssm', 'permissions boundary denied-web-node-boundary'],
    ['least-privilege-hangs', 'connection-lost', 'registered once'],
    ['condition-unmet', 'cause-unclear', 'hangs on aws:SourceVpce'],
    ['transit-gateway-closed', 'cause-unclear', 'leads to tgw-'],
    ['transit-gateway-hangs', 'cause-unclear', 'leads to tgw-'],
    ['firewall-missing', 'cause-unclear', 'it may be missing'],
    ['firewall-with-neighbour', 'connection-lost', 'registered once'],
    ['proxy-hangs', 'cause-unclear', 'A proxy or a private hosted zone could not be seen'],
    ['hub-closed', 'cause-unclear', 'endpoints may be'],
    ['hub-hangs', 'cause-unclear', 'endpoints may be'],
    ['unreadable-list-hangs', 'cause-unclear', 'cannot be read'],
    ['list-hangs', 'connection-lost', 'registered once'],
    ['routed-by-list-hangs', 'connection-lost', 'registered once'],
    ['pods-only', 'cause-unclear', 'which only another interface of the instance has'],
    [
      'shut-in',
      'agent-not-installable',
      'cannot pull public.ecr.aws/amazonlinux/amazonlinux:2023, because subnet subnet-',
    ],
    ['windows', 'agent-not-installable', 'On Windows'],
    ['bottlerocket-copy', 'agent-not-installable', 'Bottlerocket'],
  ])('because of %s is told of once, as %s', (name, reason, text) => {
    const found = told(name);
    const workers = new Set(found.map(({ instance }) => instance));
    expect(workers.size).toBe(2);
    expect(found).toHaveLength(2);
    for (const record of found) {
      expect(record).toMatchObject({ decision: 'failed', reason });
      expect(record.message).toContain(text.replace('denied-web', 'bounded-web'));
    }
  });

  it('is not told to be replaced for what is none of its own', () => {
    for (const record of [...byCluster.values()].flat()) {
      if (record.reason !== 'connection-lost') expect(`${record.message} ${record.hint}`).not.toMatch(/terminate/i);
    }
  });

  it('gets the hint that fits its system', () => {
    const hints = (name: string) => told(name).map(({ hint, message }) => `${message} ${hint}`);
    for (const hint of hints('windows')) expect(hint).not.toContain('Bottlerocket');
    for (const hint of hints('bottlerocket-copy')) expect(hint).toContain('host-containers.control');
  });

  it('is left as it is: no policy is attached, and nothing installed', () => {
    expect(changes(run)).toEqual([]);
    expect(daemonSets(run)).toEqual([]);
  });
});

it('sessions that are lost later are told of with what denies them, once they have been gone for ten minutes, and found again', async () => {
  const run = await start({
    inProcess: true,
    fleet: {
      startsAt: '2026-07-20T00:05:00Z',
      releases: RELEASES,
      clusters: [{ name: 'shop', version: '1.33', nodeGroups: [{ name: 'web', desiredSize: 3 }] }],
    },
    policy: { quarantine: { mode: 'off' }, upgrades: { mode: 'off' }, findings: { mode: 'off' } },
    play: '2h',
  });
  const { iam } = run.account.fleet;
  const put = (Effect: string) =>
    iam.putRolePolicy('shop-web-node', 'guard', { Statement: { Effect, Action: 'ssmmessages:*', Resource: '*' } });
  const since = async (play: number) => {
    const before = run.records.length;
    await run.account.play(play);
    return run.records
      .slice(before)
      .filter(({ remediation }) => remediation === 'manage-ssm-agent')
      .map(({ decision, reason }) => `${decision} ${reason}`)
      .toSorted();
  };
  put('Deny');
  expect(await since(2 * HOUR)).toEqual([
    ...Array(3).fill('failed sessions-not-connected'),
    ...Array(3).fill('waiting sessions-not-connected'),
  ]);
  expect(ours(run).at(-1)?.message).toContain('policy guard denies ssmmessages:');
  put('Allow');
  expect(await since(2 * HOUR)).toEqual(Array(3).fill('done agent-verified'));
  expect(await since(3 * HOUR)).toEqual([]);
});
