import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Outcome } from '../records/recorder.ts';
import { recordAllOnce, recordOnce } from './outcome-ledger.ts';

interface State {
  readonly fingerprint?: string;
  readonly outcomes: number;
  readonly revision: number;
  readonly unrecorded?: Outcome | undefined;
}

class Crash extends Error {}

/** A ledger of one item, in which the n-th step of a reconcile is its last one. */
function world() {
  let item: State = { outcomes: 0, revision: 0 };
  const recorded: string[] = [];
  let stepsLeft = Number.POSITIVE_INFINITY;
  const step = () => {
    stepsLeft -= 1;
    if (stepsLeft < 0) throw new Crash();
  };
  const save = async (state: State): Promise<State | undefined> => {
    step();
    if (state.revision !== item.revision) return undefined;
    item = { ...state, revision: state.revision + 1 };
    // The write may have happened although nobody hears of it.
    step();
    return item;
  };
  const record = ({ fingerprint }: Outcome) => {
    step();
    recorded.push(fingerprint);
  };
  const read = () => item;
  const reconcile = async (seen: string, crashAfter: number | undefined, before = read()): Promise<void> => {
    stepsLeft = crashAfter ?? Number.POSITIVE_INFINITY;
    const isNew = before.fingerprint !== seen;
    const { unrecorded: _, ...kept } = before;
    const next = { ...kept, fingerprint: seen, outcomes: before.outcomes + (isNew ? 1 : 0) };
    const outcome: Outcome = {
      subject: {},
      decision: 'done',
      reason: 'sweep-finished',
      message: seen,
      trigger: { id: 't', type: 'test', time: 0 },
      fingerprint: `${next.outcomes} ${seen}`,
      correlationId: 't',
    };
    await recordOnce({ save, record }, before, next, outcome).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
  };
  return { reconcile, read, recorded };
}

const run = fc.record({ seen: fc.constantFrom('a', 'b', 'c'), crashAfter: fc.option(fc.nat(5), { nil: undefined }) });

it('whatever dies at whatever step, every outcome that was remembered is recorded, in order, and none after another one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 8 }), async (runs) => {
      const { reconcile, read, recorded } = world();
      const remembered = new Set<string>();
      for (const { seen, crashAfter } of runs) {
        await reconcile(seen, crashAfter);
        const { outcomes, fingerprint } = read();
        if (outcomes > 0) remembered.add(`${outcomes} ${fingerprint}`);
      }
      await reconcile(read().fingerprint ?? 'a', undefined);
      const { outcomes, fingerprint } = read();
      remembered.add(`${outcomes} ${fingerprint}`);
      expect([...new Set(recorded)]).toEqual([...remembered]);
    }),
  );
});

it('without a crash each outcome is recorded once, and an unchanged one is not', async () => {
  const { reconcile, recorded, read } = world();
  for (const seen of ['a', 'a', 'b', 'a']) await reconcile(seen, undefined);
  expect(recorded).toEqual(['1 a', '2 b', '3 a']);
  expect(read()).not.toHaveProperty('unrecorded');
});

it('of two reconciles that read the same the one that saves first records', async () => {
  const { reconcile, recorded, read } = world();
  const before = read();
  await reconcile('a', undefined, before);
  await reconcile('b', undefined, before);
  expect(recorded).toEqual(['1 a']);
});

it('of several outcomes at once none is lost, whatever dies at whatever step, and all come in order', async () => {
  interface Several {
    readonly seen: readonly string[];
    readonly revision: number;
    readonly unrecorded?: readonly Outcome[] | undefined;
  }
  const outcomeOf = (fingerprint: string): Outcome => ({
    subject: {},
    decision: 'done',
    reason: 'sweep-finished',
    message: fingerprint,
    trigger: { id: 't', type: 'test', time: 0 },
    fingerprint,
    correlationId: 't',
  });
  for (let dies = 0; dies <= 8; dies += 1) {
    let item: Several = { seen: [], revision: 0 };
    const recorded: string[] = [];
    let stepsLeft = dies;
    const step = () => {
      stepsLeft -= 1;
      if (stepsLeft < 0) throw new Crash();
    };
    const save = async (state: Several): Promise<Several | undefined> => {
      step();
      if (state.revision !== item.revision) return undefined;
      item = { ...state, revision: state.revision + 1 };
      step();
      return item;
    };
    const record = ({ fingerprint }: Outcome) => {
      step();
      recorded.push(fingerprint);
    };
    const reconcile = async (seen: readonly string[]) => {
      const { unrecorded: _, ...known } = item;
      const news = seen.filter((each) => !known.seen.includes(each)).map(outcomeOf);
      await recordAllOnce({ save, record }, item, { ...known, seen: [...new Set([...known.seen, ...seen])] }, news);
    };
    await reconcile(['a', 'b']).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
    stepsLeft = Number.POSITIVE_INFINITY;
    // Another event comes first, and sees something else.
    await reconcile(['c']);
    expect([...new Set(recorded)], `dies at step ${dies}`).toEqual(item.seen);
    expect(item).not.toHaveProperty('unrecorded');
  }
});
