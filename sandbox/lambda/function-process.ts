import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { withOverrides } from './module-overrides.ts';

/** A standard stream that passes on whole lines. */
export class LineStream extends Writable {
  readonly #onLine: (line: string) => void;
  #begun = '';

  constructor(onLine: (line: string) => void) {
    super();
    this.#onLine = onLine;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = (this.#begun + chunk.toString('utf8')).split('\n');
    this.#begun = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
    done();
  }

  /** Passes on a line that has no line break yet. */
  flush(): void {
    if (this.#begun !== '') this.#onLine(this.#begun);
    this.#begun = '';
  }
}

/** A console, usable as global and as module `node:console`, that writes to the environment's own streams. */
export function functionConsole(stdout: Writable, stderr: Writable): object {
  return Object.assign(new Console({ stdout, stderr }), { Console });
}

export interface FunctionProcessOptions {
  readonly env: Record<string, string>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly hrtime: NodeJS.HRTime;
  /** Ends the execution environment; must not return. */
  readonly exit: (code?: number) => never;
}

/** Node's `process` with its own environment variables, streams, clock and listeners. */
export function functionProcess(options: FunctionProcessOptions): NodeJS.Process {
  return withOverrides(process, {
    ...options,
    argv: [process.execPath, '/var/runtime/index.mjs'],
    cwd: () => '/var/task',
    // An EventEmitter keeps its listeners here, so these are separate, too.
    _events: Object.create(null),
    _eventsCount: 0,
  });
}
