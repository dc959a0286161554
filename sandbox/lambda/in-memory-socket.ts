import { Duplex } from 'node:stream';

/** Passes an effect on: at once, later, or (to a dead environment) never. */
export type Gate = (effect: () => void) => void;

/**
 * One end of an in-memory connection. What one end writes, the other end reads in a later tick; a destroyed end
 * destroys the other, like a reset connection. It has the parts of a `net.Socket` that `node:http` uses. Socket
 * timeouts would be real time, which the sandbox does not use, so they never fire.
 */
export class InMemorySocket extends Duplex {
  #other: InMemorySocket | undefined;
  readonly #gate: Gate;

  /** @param gate decides when what arrives here is delivered */
  constructor(gate: Gate) {
    super();
    this.#gate = gate;
  }

  /** Joins two ends into one connection. */
  static join(one: InMemorySocket, other: InMemorySocket): void {
    one.#other = other;
    other.#other = one;
  }

  override _read(): void {
    // The other end pushes data as it arrives, so nothing has to be requested.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send((other) => other.push(chunk));
    done();
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: () => void): void {
    const joined = Buffer.concat(chunks.map(({ chunk }) => chunk));
    this.#send((other) => other.push(joined));
    done();
  }

  override _final(done: () => void): void {
    this.#send((other) => other.push(null));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#send((other) => other.destroy());
    done(error);
  }

  #send(effect: (other: InMemorySocket) => void): void {
    const other = this.#other;
    if (other === undefined) return;
    process.nextTick(() =>
      other.#gate(() => {
        if (!other.destroyed) effect(other);
      }),
    );
  }

  setTimeout(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
