/** Cancels a planned task. Calling it late or twice has no effect. */
export type Cancel = () => void;

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly task: () => void | Promise<void>;
}

/**
 * The sandbox's clock and agenda: a discrete-event queue whose time jumps from one planned task to the next.
 *
 * Tasks run strictly one after another, by time and then in the order of planning. Between two tasks, everything that
 * the first one started must come to rest (see {@link addActivity}). A run is thus a function of its inputs, however
 * many invocations are in progress at once.
 */
export class VirtualTime {
  #now: number;
  #order = 0;
  readonly #agenda: Planned[] = [];
  readonly #activities: Array<() => boolean> = [];

  readonly #quietTurns: number;

  /**
   * @param startsAt epoch milliseconds
   * @param quietTurns of the event loop after which what a task started is at rest. The extra turns are for siblings in
   * a `Promise.all` that take a tick longer; where nothing goes over streams, one is enough.
   */
  constructor(startsAt: number, quietTurns = 3) {
    this.#now = startsAt;
    this.#quietTurns = quietTurns;
  }

  /** The current virtual time, epoch milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** When the next planned task is due (epoch milliseconds); undefined when nothing is planned. */
  get nextAt(): number | undefined {
    return this.#agenda[0]?.at;
  }

  /** Plans `task` for `at` (epoch milliseconds). A time in the past means now. */
  at(at: number, task: () => void | Promise<void>): Cancel {
    // Clocks show whole milliseconds.
    const planned: Planned = { at: Math.ceil(Math.max(at, this.#now)), order: this.#order++, task };
    push(this.#agenda, planned);
    return () => remove(this.#agenda, planned);
  }

  /** Plans `task` in `delay` milliseconds. */
  after(delay: number, task: () => void | Promise<void>): Cancel {
    return this.at(this.#now + delay, task);
  }

  /**
   * Registers something that may be computing: time stands still while `busy` returns true. An invocation is busy
   * unless it has finished or waits for a response or a timer.
   */
  addActivity(busy: () => boolean): void {
    this.#activities.push(busy);
  }

  /** Runs everything that is due up to and including `until` (epoch milliseconds), then sets the time to `until`. */
  async play(until: number): Promise<void> {
    await this.#settle();
    for (let next = this.#agenda[0]; next !== undefined && next.at <= until; next = this.#agenda[0]) {
      remove(this.#agenda, next);
      this.#now = next.at;
      await next.task();
      await this.#settle();
    }
    this.#now = Math.max(this.#now, until);
  }

  /**
   * Lets all microtasks, ticks and in-memory streams drain. Everything in the sandbox is in memory, so a few turns of
   * the event loop suffice.
   */
  async #settle(): Promise<void> {
    let quietTurns = 0;
    const realStart = performance.now();
    while (quietTurns < this.#quietTurns) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      quietTurns = this.#activities.some((busy) => busy()) ? 0 : quietTurns + 1;
      if (performance.now() - realStart > 30_000) {
        throw new Error('The sandbox stood still for 30 s: a function waits for something that it does not provide.');
      }
    }
  }
}

const before = (a: Planned, b: Planned): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Inserts in order by binary search. Agendas are short (hundreds), and removal by identity must stay simple. */
function push(agenda: Planned[], planned: Planned): void {
  let low = 0;
  let high = agenda.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = agenda[middle];
    if (entry !== undefined && before(entry, planned)) low = middle + 1;
    else high = middle;
  }
  agenda.splice(low, 0, planned);
}

function remove(agenda: Planned[], planned: Planned): void {
  const index = agenda.indexOf(planned);
  if (index >= 0) agenda.splice(index, 1);
}
