import { isBuiltin } from 'node:module';
import { NotImplemented } from '../wire/aws-error.ts';
import { absentFiles } from './absent-files.ts';
import { withOverrides } from './module-overrides.ts';

/** Functions that leave the process. They work in Lambda, and must not work here. */
const WAYS_OUT: Readonly<Record<string, readonly string[]>> = {
  net: ['connect', 'createConnection', 'createServer'],
  tls: ['connect', 'createServer'],
  http2: ['connect', 'createServer', 'createSecureServer'],
  dgram: ['createSocket'],
  dns: ['lookup', 'resolve', 'resolve4', 'resolve6'],
  'dns/promises': ['lookup', 'resolve', 'resolve4', 'resolve6'],
  child_process: ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'],
  worker_threads: ['Worker'],
};

/** A replacement that refuses loudly when it is called. */
export const wayOut =
  (name: string): (() => never) =>
  () => {
    throw new NotImplemented(`${name} in functions`);
  };

/**
 * The `require` of a bundle: Node's own modules, replacements for those that leave the sandbox, and files beside the
 * bundle.
 *
 * @param replacements by module name without `node:`
 * @param loadFile the exports of a file beside the bundle, such as `./client.js`; undefined when there is none
 * @param packages the packages that the bundle leaves out; absent: it contains all of them
 */
export function functionRequire(
  replacements: Readonly<Record<string, object>>,
  loadFile: (id: string) => unknown,
  packages?: (id: string) => unknown,
): (id: string) => unknown {
  const known = new Map<string, unknown>([
    ...Object.entries(replacements),
    ['fs', absentFiles.fs],
    ['fs/promises', absentFiles.promises],
  ]);
  return (id) => {
    const name = id.replace(/^node:/, '');
    if (!known.has(name)) {
      const file = id.startsWith('./') ? loadFile(id) : undefined;
      if (file !== undefined) return file;
      if (!isBuiltin(id)) {
        if (packages !== undefined) {
          known.set(name, packages(id));
          return known.get(name);
        }
        throw Object.assign(new Error(`Cannot find module '${id}': the bundle does not contain it.`), {
          code: 'MODULE_NOT_FOUND',
        });
      }
      known.set(name, builtin(name));
    }
    return known.get(name);
  };
}

function builtin(name: string): unknown {
  const module: unknown = process.getBuiltinModule(name);
  const exits = WAYS_OUT[name];
  if (exits === undefined || typeof module !== 'object' || module === null) return module;
  return withOverrides(module, Object.fromEntries(exits.map((exit) => [exit, wayOut(`${name}.${exit}`)])));
}
