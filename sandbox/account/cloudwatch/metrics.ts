/** The identity of a metric: namespace, name and all its dimensions. */
export interface MetricId {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The values published for one minute. */
interface Bucket {
  /** Start of the minute, epoch milliseconds. */
  readonly minute: number;
  readonly values: number[];
}

export const MINUTE_MS = 60_000;
/** CloudWatch keeps one-minute data points for fifteen days. */
const KEPT_MS = 15 * 86_400_000;

/** The data points of one metric, one bucket per minute. */
export class MetricSeries {
  readonly id: MetricId;
  readonly #onChange: Array<() => void> = [];
  #buckets: Bucket[] = [];
  #steady: { readonly from: number; readonly value: number } | undefined;

  constructor(id: MetricId) {
    this.id = id;
  }

  onChange(listener: () => void): void {
    this.#onChange.push(listener);
  }

  /** @param at epoch milliseconds */
  add(at: number, values: readonly number[]): void {
    this.#bucketAt(minuteOf(at)).values.push(...values);
    this.#changed();
  }

  /**
   * Holds a gauge constant: from the minute of `at` on, each minute has this value until another one is set. A queue in
   * which nothing happens thus costs nothing, however long.
   */
  hold(at: number, value: number): void {
    const from = minuteOf(at);
    if (this.#steady?.value === value) return;
    this.#settle(from);
    this.#steady = { from, value };
    this.#changed();
  }

  /** Whether a gauge keeps its value. */
  get isHeld(): boolean {
    return this.#steady !== undefined;
  }

  /**
   * The minute of the last change, epoch milliseconds: from then on nothing new is known. Undefined: never any data.
   */
  get lastChange(): number | undefined {
    return this.#steady?.from ?? this.#buckets.at(-1)?.minute;
  }

  /**
   * The minutes since `from` whose values begin to count in a window that slides on, epoch milliseconds: as long as it
   * takes in none of them and leaves none behind, its statistic stays the same. Undefined: it may change each minute.
   */
  turnsSince(from: number, statistic: string): number[] | undefined {
    const turns: number[] = [];
    for (let index = this.#buckets.length - 1; index >= 0; index--) {
      const minute = this.#buckets[index]?.minute ?? from;
      if (minute < from) break;
      turns.push(minute);
    }
    if (this.#steady === undefined) return turns;
    // How often a gauge's value is in the window makes no difference to these.
    const isSame =
      statistic === 'Maximum' || statistic === 'Minimum' || (statistic === 'Sum' && this.#steady.value === 0);
    return isSame ? [...turns, this.#steady.from] : undefined;
  }

  /** The values of the minutes in [from, to), epoch milliseconds; none: no data. */
  valuesIn(from: number, to: number): number[] {
    const values: number[] = [];
    for (let index = this.#buckets.length - 1; index >= 0; index--) {
      const bucket = this.#buckets[index];
      if (bucket === undefined || bucket.minute < from) break;
      if (bucket.minute < to) values.push(...bucket.values);
    }
    if (this.#steady !== undefined) {
      const { from: since, value } = this.#steady;
      for (let minute = Math.max(from, since); minute < to; minute += MINUTE_MS) values.push(value);
    }
    return values;
  }

  /** Converts a held value into buckets, as far back as data points are kept. */
  #settle(until: number): void {
    if (this.#steady === undefined) return;
    const { from, value } = this.#steady;
    this.#steady = undefined;
    for (let minute = Math.max(from, until - KEPT_MS); minute < until; minute += MINUTE_MS) {
      this.#bucketAt(minute).values.push(value);
    }
  }

  #bucketAt(minute: number): Bucket {
    let index = this.#buckets.length;
    while (index > 0 && (this.#buckets[index - 1]?.minute ?? 0) > minute) index--;
    const before = this.#buckets[index - 1];
    if (before?.minute === minute) return before;
    const bucket = { minute, values: [] };
    this.#buckets.splice(index, 0, bucket);
    // Old buckets are dropped only now and then, because each time copies the rest.
    const oldest = this.#buckets[0]?.minute ?? minute;
    if (oldest < minute - 2 * KEPT_MS) this.#buckets = this.#buckets.filter((each) => each.minute >= minute - KEPT_MS);
    return bucket;
  }

  #changed(): void {
    for (const listener of this.#onChange) listener();
  }
}

/** All metrics of the account. */
export class Metrics {
  readonly #series = new Map<string, MetricSeries>();

  /** The metric's series, created on first use. */
  series(id: MetricId): MetricSeries {
    const key = keyOf(id);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const series = new MetricSeries(id);
    this.#series.set(key, series);
    return series;
  }

  /** The metrics that have had data, sorted by key. */
  get published(): readonly MetricSeries[] {
    return [...this.#series]
      .filter(([, { lastChange }]) => lastChange !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, series]) => series);
  }
}

const keyOf = ({ namespace, name, dimensions }: MetricId): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS) * MINUTE_MS;

/** The statistics that the sandbox supports: the five simple ones, and percentiles such as `p99` or `p99.9`. */
export const isStatistic = (statistic: string): boolean =>
  ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'].includes(statistic) || percentileOf(statistic) !== undefined;

/** One statistic of the values; undefined when there are none. */
export function statisticOf(values: readonly number[], statistic: string): number | undefined {
  if (values.length === 0) return undefined;
  const sum = () => values.reduce((total, value) => total + value, 0);
  switch (statistic) {
    case 'SampleCount':
      return values.length;
    case 'Sum':
      return sum();
    case 'Average':
      return sum() / values.length;
    case 'Minimum':
      return values.reduce((least, value) => Math.min(least, value));
    case 'Maximum':
      return values.reduce((most, value) => Math.max(most, value));
    default:
      return percentile(values, percentileOf(statistic) ?? Number.NaN);
  }
}

function percentileOf(statistic: string): number | undefined {
  const [, digits] = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(statistic) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The smallest value that this percentage of the values does not exceed. */
function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}
