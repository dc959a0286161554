import type { World } from '../world.ts';

export interface Snapshot {
  readonly id: string;
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly description: string;
  readonly tags: Map<string, string>;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms; completed from then on. */
  readonly completedAt: number;
}

/**
 * The least time between two snapshots of a volume, ms. Source: EC2 API reference, "Error codes for the Amazon EC2 API",
 * SnapshotCreationPerVolumeRateExceeded.
 */
const LEAST_BETWEEN = 15_000;

/** The account's snapshots of volumes. Each takes minutes, whatever happens to its volume. */
export class Snapshots {
  readonly #world: World;
  readonly #random: World['random'];
  readonly #byId = new Map<string, Snapshot>();

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('ec2-snapshots');
  }

  create(snapshot: Pick<Snapshot, 'volumeId' | 'sizeGiB' | 'description' | 'tags'>): Snapshot {
    const startedAt = this.#world.time.now;
    const completedAt = startedAt + this.#random.integer(60, 300) * 1000;
    const created = { ...snapshot, id: `snap-0${this.#random.hex(16)}`, startedAt, completedAt };
    this.#byId.set(created.id, created);
    return created;
  }

  get(id: string): Snapshot | undefined {
    return this.#byId.get(id);
  }

  /** Whether a snapshot of a volume has begun so recently that EC2 makes no other one now. */
  isTooSoon(volumeId: string): boolean {
    const { now } = this.#world.time;
    return this.list().some((each) => each.volumeId === volumeId && now - each.startedAt < LEAST_BETWEEN);
  }

  list(): Snapshot[] {
    return [...this.#byId.values()];
  }

  /** Progress of a snapshot in whole percent. */
  progressOf({ startedAt, completedAt }: Snapshot): number {
    return Math.min(100, Math.floor(((this.#world.time.now - startedAt) / (completedAt - startedAt)) * 100));
  }
}
