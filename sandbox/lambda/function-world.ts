import type { Writable } from 'node:stream';
import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { type FreeVariables, TASK_ROOT } from './bundle.ts';
import { functionRequire, wayOut } from './function-modules.ts';
import { functionConsole, functionProcess } from './function-process.ts';
import type { NetworkAttachment } from './in-memory-network.ts';
import {
  seededCrypto,
  seededMath,
  virtualAbortSignal,
  virtualDate,
  virtualHrtime,
  virtualPerformance,
} from './virtual-globals.ts';
import type { VirtualTimers } from './virtual-timers.ts';

export interface FunctionWorldOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly env: Record<string, string>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly timers: VirtualTimers;
  readonly network: NetworkAttachment;
  /** Ends the execution environment; must not return. */
  exit(code: number): never;
  /** The exports of a file beside the bundle; undefined when there is none. */
  loadFile(id: string): unknown;
  /** The packages that the bundle leaves out; absent: it contains all of them. */
  readonly packages?: (id: string) => unknown;
}

/**
 * Everything that a bundle can reach: its own process, console, clock, randomness, timers and network, and the parts of
 * Node that do not leave the sandbox.
 */
export function functionWorld(options: FunctionWorldOptions): Omit<FreeVariables, 'module' | 'exports'> {
  const { time, random, env, stdout, stderr, network } = options;
  const { setTimeout, clearTimeout, setInterval, setImmediate, delay, nextTurn } = options.timers;
  const timers = { setTimeout, clearTimeout, setInterval, clearInterval: clearTimeout, setImmediate };
  const crypto = seededCrypto(random);
  const console = functionConsole(stdout, stderr);
  const performance = virtualPerformance(time);
  const exit = (code = 0): never => options.exit(code);
  const process = functionProcess({ env, stdout, stderr, hrtime: virtualHrtime(time), exit });
  const globals = {
    process,
    console,
    performance,
    crypto: crypto.global,
    fetch: wayOut('fetch'),
    Date: virtualDate(time),
    Math: seededMath(random),
    AbortSignal: virtualAbortSignal(options.timers),
    ...timers,
  };
  const global = ownGlobal(globals);
  const replacements = {
    http: network.http,
    https: network.https,
    console,
    process,
    crypto: crypto.module,
    timers,
    'timers/promises': { setTimeout: delay, setImmediate: nextTurn, scheduler: { wait: delay } },
    perf_hooks: { performance },
  };
  const require = functionRequire(replacements, options.loadFile, options.packages);
  const paths = { __filename: `${TASK_ROOT}/index.js`, __dirname: TASK_ROOT };
  return { ...globals, ...paths, require, globalThis: global, global };
}

/**
 * The global object of a bundle. It inherits from the real one, overridden by its own members, and what the bundle sets
 * stays its own.
 */
function ownGlobal(own: Readonly<Record<string, unknown>>): object {
  const global: object = Object.create(globalThis, Object.getOwnPropertyDescriptors(own));
  return Object.defineProperties(global, {
    globalThis: { value: global, writable: true, configurable: true },
    global: { value: global, writable: true, configurable: true },
    // The AWS SDK and Powertools share a store here. It is separate from the one of this process.
    awslambda: { value: undefined, writable: true, configurable: true },
  });
}
