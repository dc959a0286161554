import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { VirtualTime } from '../time/virtual-time.ts';
import { VirtualTimers } from './virtual-timers.ts';

/** Timers whose callbacks note their arguments and times. */
function timers() {
  const time = new VirtualTime(0);
  const calls: unknown[] = [];
  const own = new VirtualTimers(time, (effect) => effect());
  const note = (...args: unknown[]) => calls.push([time.now, ...args]);
  return { time, own, calls, note };
}

describe('VirtualTimers', () => {
  it('call back in the order of their times, with their arguments', async () => {
    const { time, own, calls, note } = timers();
    own.setTimeout(note, 20, 'b', 1);
    own.setTimeout(note, 10, 'a');
    own.setTimeout(note, 20, 'c');
    await time.play(15);
    expect(calls).toEqual([[10, 'a']]);
    await time.play(100);
    expect(calls.slice(1)).toEqual([
      [20, 'b', 1],
      [20, 'c'],
    ]);
  });

  it.each([[undefined], [0], [-5], [Number.NaN], [2 ** 31]])(
    'take the delay %d for 1 ms, as Node does',
    async (delay) => {
      const { time, own, calls, note } = timers();
      own.setTimeout(note, delay);
      await time.play(10);
      expect(calls).toEqual([[1]]);
    },
  );

  it('repeat intervals until they are cleared', async () => {
    const { time, own, calls, note } = timers();
    const interval = own.setInterval(note, 10);
    await time.play(35);
    own.clearTimeout(interval);
    await time.play(100);
    expect(calls).toEqual([[10], [20], [30]]);
    expect(own.waiting).toBe(false);
  });

  it('are cleared by handle, by number, or all at once', async () => {
    const { time, own, calls, note } = timers();
    own.clearTimeout(own.setTimeout(note, 10));
    own.clearTimeout(Number(own.setTimeout(note, 10)));
    own.clearTimeout(undefined);
    own.setTimeout(note, 10);
    own.setImmediate(note);
    own.stop();
    await time.play(100);
    expect(calls).toEqual([]);
  });

  it('start anew when refreshed', async () => {
    const { time, own, calls, note } = timers();
    const timer = own.setTimeout(note, 10);
    await time.play(8);
    timer.refresh();
    await time.play(100);
    expect(calls).toEqual([[18]]);
  });

  it('are waited for unless unreferenced', () => {
    const { own, note } = timers();
    const timer = own.setTimeout(note, 10);
    expect(own.waiting).toBe(true);
    expect(timer.unref().hasRef()).toBe(false);
    expect(own.waiting).toBe(false);
  });

  it('have promises, which an abort signal rejects', async () => {
    const { time, own } = timers();
    const values: unknown[] = [];
    own.delay(10, 'delay').then((value) => values.push(value));
    Reflect.apply(promisify(own.setTimeout), undefined, [20, 'promisified']).then((value: unknown) =>
      values.push(value),
    );
    const controller = new AbortController();
    const aborted = expect(own.delay(30, 'never', { signal: controller.signal })).rejects.toThrow('enough');
    await time.play(25);
    controller.abort(new Error('enough'));
    await aborted;
    expect(values).toEqual(['delay', 'promisified']);
    expect(own.waiting).toBe(false);
  });
});
