import { describe, expect, it } from 'vitest';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import { Random } from '../sandbox/time/random.ts';
import { hunt } from './hunt.ts';
import type { Target } from './target.ts';
import { answerOf, planted } from './targets/answer.ts';

const SEED = JSON.stringify({
  source: 'aws.ec2',
  detail: { instanceId: 'i-0f3a5c7e9b1d2f4a6', count: 3, tags: [{ key: 'a', value: 'b' }] },
});

interface Seed {
  readonly detail?: { readonly count?: unknown; readonly tags?: ReadonlyArray<{ readonly key?: string }> } | null;
}

/** A target with a planted defect. It refuses what is no object, as it may. */
const defective = (defect: (seed: Seed) => unknown): Target => ({
  name: 'planted',
  seeds: [SEED],
  rejects: ['SyntaxError', 'RefusalError'],
  allowance: 50,
  run(text) {
    const given: unknown = JSON.parse(text);
    if (typeof given !== 'object' || given === null)
      throw Object.assign(new Error('no object'), { name: 'RefusalError' });
    return { said: [String(defect(given))] };
  },
});

const huntIn = (target: Target, most: number, corpus: readonly string[] = []) =>
  hunt(target, { corpus, random: new Random(1), more: (tried) => tried < most });

describe('a hunt', () => {
  it('finds an exception that no refusal is, and the least input that raises it', async () => {
    const { failures } = await huntIn(
      defective(({ detail }) => detail?.tags?.map(({ key }) => key)),
      400,
    );
    expect(failures.map(({ what }) => what)).toContain('TypeError: detail?.tags?.map is not a function');
    expect(failures.find(({ what }) => what.includes('is not a function'))?.input).toMatch(
      /^\{"detail":\{"tags":(\d|\{\}|true|"")\}\}$/,
    );
  });

  it('finds what takes more than linear time', async () => {
    // By time and not by work: how long work takes depends on the machine.
    const slow = defective(({ detail }) => {
      const mostMs = String(detail?.count).length ** 2 / 100_000;
      const before = process.threadCpuUsage();
      for (let ms = 0; ms < mostMs; ) {
        const { user, system } = process.threadCpuUsage(before);
        ms = (user + system) / 1_000;
      }
      return mostMs;
    });
    const seeds = [JSON.stringify({ detail: { count: 'a'.repeat(2_000) } })];
    const { failures } = await huntIn({ ...slow, seeds, allowance: 0 }, 1);
    expect(failures.map(({ what }) => what)).toEqual([
      expect.stringMatching(/^takes \d+ ms of CPU; \d+ ms are allowed/),
    ]);
  });

  it('finds what writes into Object.prototype, and takes it away again', async () => {
    const merging = defective((given) => {
      const into = {};
      for (const [key, value] of Object.entries(given)) Object.assign(Reflect.get(into, key) ?? {}, value);
      return Object.keys(into);
    });
    const { failures } = await huntIn(merging, 600);
    expect(failures.map(({ what }) => what)).toContain('Object.prototype has got polluted');
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted');
  });

  it('keeps what reaches an outcome that none had reached, and begins with it the next time', async () => {
    const deep = defective(({ detail }) => {
      if (detail === null || typeof detail?.count !== 'string') return 'shallow';
      if (detail.tags === undefined) throw new RangeError('two steps from the seed');
      return 'nearer';
    });
    const first = await huntIn(deep, 1_500);
    expect(first.found).toBeGreaterThan(0);
    expect(first.failures.map(({ what, input }) => [what, input])).toEqual([
      ['RangeError: two steps from the seed', '{"detail":{"count":""}}'],
    ]);
    const again = await huntIn(deep, 0, first.corpus);
    expect([again.tried, again.found, again.corpus]).toEqual([1 + first.corpus.length, 0, first.corpus]);
  });

  it('finds nothing where everything is as it should be', async () => {
    const { failures, tried } = await huntIn(
      defective(({ detail }) => typeof detail),
      400,
    );
    expect([failures, tried]).toEqual([[], 400]);
  });
});

describe('the answer of a function', () => {
  const event = planted(SEED.replace('aws.ec2', 'aws.ec2'.repeat(10)));
  const ok = (result: unknown, ...lines: string[]) =>
    answerOf(event, { outcome: { ok: true, result }, lines, others: [], subjects: [] }).breaches;
  const record = (more: object) => JSON.stringify({ ...exampleRecord, ...more });

  it('may be a record of its own, a refusal in words, and markup of its own', () => {
    expect(ok('<p>Nothing was asked for</p>', record({}), record({ message: 'count: must be a number' }))).toEqual([]);
  });

  it.each([
    ['a reason that its function does not declare', ok(null, record({ reason: 'made-up' })), /does not declare/],
    ['a line that is no whole record', ok(null, '{"kind":"record","version":1}'), /^writes a bad record/],
    ['the whole event', ok(null, JSON.stringify({ level: 'ERROR', message: event })), /whole event/],
    ['a member that no schema has', ok({ echo: JSON.parse(event) }, record({ message: event })), /no schema has/],
    ['markup of the event', ok('<p>"><script>alert(1)</script></p>'), /markup/],
  ])('may not have %s', (_what, breaches, why) => {
    expect(breaches).toContainEqual(expect.stringMatching(why));
  });

  it('may not be that another function fails', () => {
    const others = ['{"level":"ERROR","message":"The invocation failed."}'];
    const { breaches } = answerOf(event, { outcome: { ok: true, result: null }, lines: [], others, subjects: [] });
    expect(breaches).toEqual([expect.stringContaining('another function')]);
  });
});
