/** Cancels what was planned; calling it late or twice does nothing. */
export type Cancel = () => void;

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly task: () => void | Promise<void>;
}

/**
 * The sandbox's clock and agenda: a discrete-event queue whose time jumps from one planned task to the next.
 *
 * Tasks run strictly one after another, by time and then by the order in which they were planned; between two tasks
 * everything that the first one set going must come to rest (see {@link addActivity}). So a run is a function of its
 * inputs, however many invocations are under way at once.
 */
export class VirtualTime {
  #now: number;
  #order = 0;
  readonly #agenda: Planned[] = [];
  readonly #activities: Array<() => boolean> = [];

  /** @param startsAt epoch milliseconds */
  constructor(startsAt: number) {
    this.#now = startsAt;
  }

  /** Virtual now, epoch milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** When the next planned task is due (epoch milliseconds), or undefined when nothing is planned. */
  get nextAt(): number | undefined {
    return this.#agenda[0]?.at;
  }

  /** Plans `task` for `at` (epoch milliseconds); a time in the past means now. */
  at(at: number, task: () => void | Promise<void>): Cancel {
    const planned: Planned = { at: Math.max(at, this.#now), order: this.#order++, task };
    push(this.#agenda, planned);
    return () => remove(this.#agenda, planned);
  }

  /** Plans `task` for `delay` milliseconds from now. */
  after(delay: number, task: () => void | Promise<void>): Cancel {
    return this.at(this.#now + delay, task);
  }

  /**
   * Names something that may be computing: time stands still while `busy` answers true. An invocation is busy while it
   * is neither finished nor waiting for an answer or a timer.
   */
  addActivity(busy: () => boolean): void {
    this.#activities.push(busy);
  }

  /** Plays everything that is due up to and including `until` (epoch milliseconds), then stands at `until`. */
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
   * Lets all microtasks, ticks and in-memory streams drain. Everything inside the sandbox is in memory, so a few turns
   * of the event loop suffice; the extra turns are for siblings in a `Promise.all` that take a tick longer.
   */
  async #settle(): Promise<void> {
    let quietTurns = 0;
    const realStart = performance.now();
    while (quietTurns < 3) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      quietTurns = this.#activities.some((busy) => busy()) ? 0 : quietTurns + 1;
      if (performance.now() - realStart > 30_000) {
        throw new Error('The sandbox stood still for 30 s: a function waits for something that it does not provide.');
      }
    }
  }
}

const before = (a: Planned, b: Planned): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Inserts in order by binary search: agendas are short (hundreds), and removal by identity must stay simple. */
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
