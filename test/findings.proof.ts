import { describe, expect, it } from 'vitest';
import { counted, findingsFleet, HASTY, NEW, OLD, told, triageIncident, URGENT } from './findings.fixture.ts';
import { deadLetterCount, nodeGroupOf, playThrough, type Scenario, start, upgradeCalls } from './harness.ts';
import { heapAtMost, heapMebibytes } from './heap.ts';
import { deniedCalls } from './iam.ts';
import { sampled } from './sampled.ts';

const READS = /^(List|Describe|Get|BatchGet|Query|Scan)/;

/** Like a function's memory. */
const MOST_HEAP_MIB = 256;

/** No upgrade starts while the events are counted, because events of replaced nodes would add to them. */
const STORM: Scenario = {
  fleet: 'findings-storm',
  policy: { upgrades: { windows: [{ cron: '0 3 * * *', duration: '1h' }] } },
  faults: { duplicateEvents: true },
};

describe('50,000 events about 1,000 workers in 40 node groups', () => {
  it('become one request a node group, and one more where it becomes urgent; each is counted, and reading costs little', async () => {
    const run = await start({ ...STORM, inProcess: true, play: '59m' });
    const heapBefore = heapMebibytes();
    const callsBefore = run.calls.length;
    let heapMost = 0;
    for (let minute = 0; minute < 50; minute += 1) {
      await run.account.play(60_000);
      heapMost = Math.max(heapMost, heapAtMost(heapBefore + MOST_HEAP_MIB - 1));
    }
    const calls = run.calls.slice(callsBefore);
    const reads = calls.filter(
      ({ function: name, operation }) => /^(triage|upgrade)/.test(name) && READS.test(operation),
    );
    const requested = told(run, 'upgrade-requested').map(
      ({ cluster, nodegroup, details }) => `${cluster}/${nodegroup} ${details?.urgency}`,
    );
    expect(new Set(requested).size).toBe(requested.length);
    expect(new Set(requested.map((each) => each.split(' ')[0])).size).toBe(40);
    // Nearly all are urgent from the first batch on.
    expect(requested.length).toBeLessThan(50);
    expect(new Set(triageIncident(run))).toEqual(new Set(['acted upgrade-requested']));
    const { received, ...outcomes } = counted(run);
    expect(received).toBe(50_000);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(50_000);
    expect(outcomes.duplicate).toBeGreaterThan(0);
    expect(reads.length).toBeLessThan(2500);
    // Of two concurrent reconciles of the same node group, one writes and the other learns that it was second. Without
    // Session Manager preferences, SSM answers GetDocument with an error; and no cluster lets check-posture list its
    // pods.
    const outcomesOfCalls = new Set(
      calls
        .filter(({ operation }) => operation !== 'GetDocument' && !operation.startsWith('GET '))
        .map(({ outcome }) => outcome),
    );
    expect([...outcomesOfCalls].filter((each) => each !== 'ConditionalCheckFailedException')).toEqual(['ok']);
    expect(deadLetterCount(run)).toBe(0);
    expect(run.errors).toEqual([]);
    // The whole process, with 50,000 messages, 25,000 findings and the log, stays below a function's memory.
    expect(heapMost - heapBefore).toBeLessThan(MOST_HEAP_MIB);
  });
});

describe('one vulnerability on 230 clusters at once', () => {
  it('gets each of them its look: no call has more filter values than EC2 takes', async () => {
    const names = Array.from({ length: 230 }, (_, index) => `cluster-${index}`);
    const { fleet } = findingsFleet({ vulnerabilities: [{ ...URGENT, publishedAt: '+30m' }], newReleaseAt: '+9d' });
    const clusters = names.map((name) => ({
      name,
      version: '1.33',
      nodeGroups: [{ name: `group-of-${name}`, desiredSize: 1, releaseVersion: OLD }],
    }));
    const run = await start({ fleet: { ...(fleet as object), clusters }, policy: {}, inProcess: true, play: '65m' });
    expect(new Set(told(run, 'urgent-without-ami').map(({ cluster }) => cluster))).toEqual(new Set(names));
    const filters = run.calls.flatMap(({ operation, input }) =>
      'Filters' in input && Array.isArray(input.Filters)
        ? [{ operation, values: input.Filters.flatMap(({ Values = [] }: { Values?: string[] }) => Values).length }]
        : [],
    );
    const most = Math.max(
      ...filters.filter(({ operation }) => operation === 'DescribeInstances').map(({ values }) => values),
    );
    // Many are requested at once, but never more than EC2 accepts.
    expect(most).toBeGreaterThan(150);
    expect(most).toBeLessThanOrEqual(200);
    expect(run.calls.filter(({ outcome }) => outcome === 'FilterLimitExceeded')).toEqual([]);
    expect(run.errors).toEqual([]);
  });
});

describe('triage-findings dies at its n-th call', () => {
  const scenario = (crash?: object): Scenario => ({
    ...findingsFleet(),
    policy: HASTY,
    inProcess: true,
    play: '310m',
    ...(crash !== undefined && { faults: { crash } as NonNullable<Scenario['faults']> }),
  });

  it.each(['before', 'after'] as const)('%s the call is done: the end is the same, for every n', async (when) => {
    const undisturbed = await start(scenario());
    const calls = undisturbed.calls.filter((call) => call.function === 'triage-findings').length;
    expect(calls).toBeGreaterThan(20);
    for (const call of sampled(
      Array.from({ length: calls }, (_, index) => index + 1),
      4,
    )) {
      const run = await start(scenario({ function: 'triage-findings', call, when }));
      const where = `call ${call}`;
      expect(nodeGroupOf(run, 'shop', 'web').releaseVersion, where).toBe(NEW);
      expect(upgradeCalls(run), where).toHaveLength(1);
      // A record may be written twice, but then with the same id and content.
      const outcomes = new Map(run.records.map(({ id, decision, reason }) => [id, `${decision} ${reason}`]));
      for (const outcome of ['acted upgrade-requested', 'done findings-fixed']) {
        expect(
          [...outcomes.values()].filter((each) => each === outcome),
          `${where} ${outcome}`,
        ).toHaveLength(1);
      }
      expect(triageIncident(run).at(-1), where).toBe('done findings-fixed');
      expect(await deniedCalls(run.account, run.calls), where).toEqual([]);
    }
  });
});

it.each(sampled([1, 2, 3], 3))(
  'throttles, errors, lost requests and lost replies change nothing in the end (seed %i)',
  async (seed) => {
    const faults = { throttleRate: 0.05, serverErrorRate: 0.03, lostRequestRate: 0.03, lostReplyRate: 0.03 };
    const run = await playThrough({ ...findingsFleet(), policy: HASTY, faults, seed, play: '5h' });
    expect(new Set(triageIncident(run))).toEqual(
      new Set(['refused urgent-without-ami', 'acted upgrade-requested', 'done findings-fixed']),
    );
    // A call that failed is repeated with its token. EKS then starts one update.
    expect(new Set(upgradeCalls(run).map(({ input }) => input.clientRequestToken)).size).toBe(1);
    expect(upgradeCalls(run).filter(({ outcome }) => outcome === 'ok').length).toBeGreaterThan(0);
    expect(deadLetterCount(run)).toBe(0);
  },
);
