import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { compileBundle } from './bundle.ts';
import { LineStream } from './function-process.ts';
import { functionWorld } from './function-world.ts';
import type { InMemoryNetwork, NetworkAttachment } from './in-memory-network.ts';
import { lambdaContext, lambdaVariables, traceId } from './lambda-context.ts';
import { type Lineage, writeLineage } from './lineage.ts';
import { VirtualTimers } from './virtual-timers.ts';

export interface ExecutionEnvironmentOptions {
  /** Path of the bundle, a CommonJS `index.js`. */
  readonly bundle: string;
  /** A value such as `index.handler`. */
  readonly handler: string;
  /** The function's own environment variables from the template. */
  readonly environment: Readonly<Record<string, string>>;
  readonly functionName: string;
  readonly memorySizeMb: number;
  readonly accountId: string;
  readonly region: string;
  /** The log group, as in the function's context. */
  readonly logGroupName: string;
  /** The access key of the function's credentials. */
  readonly accessKeyId: string;
  readonly network: InMemoryNetwork;
  readonly time: VirtualTime;
  readonly random: Random;
  /** The packages that a light bundle leaves out, for one environment; absent: the bundle contains all of them. */
  readonly packages?: (surroundings: PackageSurroundings) => (id: string) => unknown;
  /** Called for each line on the function's stdout and stderr. Unlike Lambda's text format it has no prefix. */
  onLine(line: string): void;
}

/** The facts that packages outside a bundle learn about the environment that uses them. */
export interface PackageSurroundings {
  /** The directory of the bundle. */
  readonly directory: string;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly accessKeyId: string;
  /** The trace header of the invocation, which SDK clients send with each call. */
  traceHeader(): string | undefined;
  /** False once the environment has ended, after which no due task of it runs. */
  alive(): boolean;
  /** Runs an effect while the environment lives: at once, or in the next invocation. */
  deliver(effect: () => void): void;
  /** Counts pending work of the environment besides HTTP and timers. */
  waiting(change: 1 | -1): void;
}

export interface InvocationError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

export type InvocationResult =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly kind: 'error' | 'timeout'; readonly error: InvocationError };

export interface InvocationOptions {
  readonly requestId: string;
  /** The function's timeout, virtual ms. */
  readonly timeoutMs: number;
  /** The chain that led to this invocation, which the trace header of the function's own calls carries. */
  readonly lineage?: Lineage;
}

type Handler = (event: unknown, context: object) => unknown;

/**
 * One Lambda execution environment: the bundle is evaluated in a world of its own, then invoked repeatedly, once at a
 * time. Between two invocations it is frozen: whatever becomes due or arrives waits for the next one.
 */
export class ExecutionEnvironment {
  readonly #options: ExecutionEnvironmentOptions;
  readonly #stdout: LineStream;
  readonly #stderr: LineStream;
  readonly #timers: VirtualTimers;
  readonly #network: NetworkAttachment;
  readonly #env: Record<string, string>;
  readonly #postponed: Array<() => void> = [];
  #handler: Handler | undefined;
  #finish: ((result: InvocationResult) => void) | undefined;
  #alive = true;
  #awaited = 0;

  constructor(options: ExecutionEnvironmentOptions) {
    this.#options = options;
    this.#stdout = new LineStream((line) => this.#alive && options.onLine(line));
    this.#stderr = new LineStream((line) => this.#alive && options.onLine(line));
    const gate = (effect: () => void) => this.#deliver(() => this.#guard(effect));
    this.#timers = new VirtualTimers(options.time, gate);
    this.#network = options.network.attach(gate);
    this.#env = { ...lambdaVariables(options), ...options.environment };
  }

  /** False once it was killed, timed out or exited: it cannot be invoked any more. */
  get alive(): boolean {
    return this.#alive;
  }

  /** True while it computes: neither done nor waiting for a response or a timer. For `VirtualTime.addActivity`. */
  get busy(): boolean {
    return (
      this.#finish !== undefined && this.#awaited === 0 && this.#network.openRequests === 0 && !this.#timers.waiting
    );
  }

  /**
   * Invokes the function. The first time, the bundle is evaluated before. Never rejects for an error of the function.
   */
  invoke(event: unknown, { requestId, timeoutMs, lineage }: InvocationOptions): Promise<InvocationResult> {
    if (!this.#alive) throw new Error('This execution environment has ended.');
    if (this.#finish !== undefined) throw new Error('An execution environment serves one invocation at a time.');
    const { time, random } = this.#options;
    const deadline = time.now + timeoutMs;
    this.#env._X_AMZN_TRACE_ID = [traceId(time.now, random), ...(lineage ? [writeLineage(lineage)] : [])].join(';');
    return new Promise((resolve) => {
      const cancelTimeout = time.at(deadline, () => {
        const message = `${new Date(time.now).toISOString()} ${requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
        this.#end({ ok: false, kind: 'timeout', error: { name: 'Sandbox.Timedout', message, stack: '' } });
      });
      this.#finish = (result) => {
        cancelTimeout();
        this.#finish = undefined;
        this.#stdout.flush();
        this.#stderr.flush();
        this.#network.closeIdle();
        resolve(result);
      };
      for (const effect of this.#postponed.splice(0)) this.#deliver(effect);
      void this.#run(asJson(event), lambdaContext(this.#options, requestId, deadline));
    });
  }

  /** Ends it immediately, like a crash of its host: no response and no timer ever reaches it again. */
  kill(): void {
    this.#end(exited('signal: killed'));
  }

  async #run(event: unknown, context: object): Promise<void> {
    try {
      this.#handler ??= this.#initialize();
      const result: unknown = await this.#handler(event, context);
      this.#finish?.({ ok: true, result: asJson(result) });
    } catch (error) {
      this.#finish?.(failed(error));
    }
  }

  /** The init phase: evaluates the bundle, and finds the handler in its exports. */
  #initialize(): Handler {
    const { bundle, handler, time, random } = this.#options;
    const exit = (code: number): never => {
      this.#end(exited(`exit status ${code}`));
      throw new Error('The process has exited.');
    };
    const [env, stdout, stderr, timers] = [this.#env, this.#stdout, this.#stderr, this.#timers];
    const network = this.#network;
    const loadFile = moduleLoader(dirname(bundle), (): World => world);
    const packages = this.#options.packages?.({
      directory: dirname(bundle),
      time,
      random,
      accessKeyId: this.#options.accessKeyId,
      traceHeader: () => env._X_AMZN_TRACE_ID,
      alive: () => this.#alive,
      deliver: (effect) => this.#deliver(() => this.#guard(effect)),
      waiting: (change) => {
        this.#awaited += change;
      },
    });
    const world = functionWorld({
      time,
      random,
      env,
      stdout,
      stderr,
      timers,
      network,
      exit,
      loadFile,
      ...(packages !== undefined && { packages }),
    });
    const found = loadFile(basename(bundle))?.[handler.split('.').at(-1) ?? ''];
    if (typeof found !== 'function') {
      throw Object.assign(new Error(`${handler} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
    }
    return (event, context) => found(event, context);
  }

  #deliver(effect: () => void): void {
    if (!this.#alive) return;
    if (this.#finish === undefined) this.#postponed.push(effect);
    else effect();
  }

  /** An uncaught exception ends the environment, like Node's process. */
  #guard(effect: () => void): void {
    try {
      effect();
    } catch (error) {
      this.#end(failed(error));
    }
  }

  #end(result: InvocationResult): void {
    if (!this.#alive) return;
    this.#finish?.(result);
    this.#alive = false;
    this.#timers.stop();
    this.#network.detach();
  }
}

/** Events and results are transferred as JSON; what JSON cannot express is null. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

type World = ReturnType<typeof functionWorld>;

/** Evaluates CommonJS files of a directory, each once, in the world of an execution environment. */
function moduleLoader(directory: string, world: () => World): (id: string) => Record<string, unknown> | undefined {
  const loaded = new Map<string, { exports: Record<string, unknown> }>();
  return (id) => {
    const path = join(directory, id);
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    if (!existsSync(path)) return undefined;
    const module = { exports: {} };
    loaded.set(path, module);
    compileBundle(path)({ ...world(), module, exports: module.exports });
    return module.exports;
  };
}

function failed(thrown: unknown): InvocationResult {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack = '' } = error;
  return { ok: false, kind: 'error', error: { name, message, stack } };
}

const exited = (how: string): InvocationResult => ({
  ok: false,
  kind: 'error',
  error: { name: 'Runtime.ExitError', message: `Runtime exited with error: ${how}`, stack: '' },
});
