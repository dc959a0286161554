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

const outcomeOf = (message: string, fingerprint = message): Outcome => ({
  subject: {},
  decision: 'done',
  reason: 'sweep-finished',
  message,
  trigger: { id: 't', type: 'test', time: 0 },
  fingerprint,
  correlationId: 't',
});

/** A ledger with one item. Work on it can be made to die at its n-th step. */
function ledgerOf<Item extends { readonly revision: number }>(first: Item) {
  let item = first;
  const recorded: string[] = [];
  let stepsLeft = Number.POSITIVE_INFINITY;
  const step = () => {
    stepsLeft -= 1;
    if (stepsLeft < 0) throw new Crash();
  };
  const save = async (state: Item): Promise<Item | undefined> => {
    step();
    if (state.revision !== item.revision) return undefined;
    item = { ...state, revision: state.revision + 1 };
    // The write may have happened although the caller gets no response.
    step();
    return item;
  };
  const record = ({ fingerprint }: Outcome) => {
    step();
    recorded.push(fingerprint);
  };
  /** @param steps after how many steps the work dies; undefined where it does not die */
  const dying = async (steps: number | undefined, work: () => Promise<unknown>) => {
    stepsLeft = steps ?? Number.POSITIVE_INFINITY;
    await work().catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
  };
  return { save, record, recorded, dying, read: () => item };
}

/** One subject with one outcome at a time. */
function world() {
  const { save, record, recorded, dying, read } = ledgerOf<State>({ outcomes: 0, revision: 0 });
  const reconcile = async (seen: string, crashAfter: number | undefined, before = read()): Promise<void> => {
    const isNew = before.fingerprint !== seen;
    const { unrecorded: _, ...kept } = before;
    const next = { ...kept, fingerprint: seen, outcomes: before.outcomes + (isNew ? 1 : 0) };
    const outcome = outcomeOf(seen, `${next.outcomes} ${seen}`);
    await dying(crashAfter, () => recordOnce({ save, record }, before, next, outcome));
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
  for (let dies = 0; dies <= 8; dies += 1) {
    const { save, record, recorded, dying, read } = ledgerOf<Several>({ seen: [], revision: 0 });
    const reconcile = async (seen: readonly string[]) => {
      const item = read();
      const { unrecorded: _, ...known } = item;
      const news = seen.filter((each) => !known.seen.includes(each)).map((each) => outcomeOf(each));
      await recordAllOnce({ save, record }, item, { ...known, seen: [...new Set([...known.seen, ...seen])] }, news);
    };
    await dying(dies, () => reconcile(['a', 'b']));
    // A reconcile for another event comes first, and observes something else.
    await dying(undefined, () => reconcile(['c']));
    expect([...new Set(recorded)], `dies at step ${dies}`).toEqual(read().seen);
    expect(read()).not.toHaveProperty('unrecorded');
  }
});
