import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, transform } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');

/**
 * What a module of a function says when it depends on the environment that evaluates it: the process, its clock,
 * timers and randomness, a client of AWS, a wire, or state of its own. A text that only looks so costs a module its
 * place among the common ones, no more. A `WeakMap` is no state: it remembers answers about objects that were given.
 */
const OF_AN_ENVIRONMENT = [
  /\b(process|console|performance|globalThis|global|crypto|AbortSignal)\.\w/,
  /\b(fetch|setTimeout|setInterval|setImmediate)\(/,
  /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/,
  /\bnew \w+Client\(/,
  /from "(@middy|@aws-lambda-powertools)\//,
  /from "node:(?!(util|url|net|path|zlib|crypto)")/,
  /\b(randomUUID|randomBytes|randomInt|randomFillSync|getRandomValues)\b/,
  /^let /m,
  /^const \w+ = (\/\* @__PURE__ \*\/ )?new (Map|Set|WeakSet)\(\);/m,
];

/**
 * The modules of functions, and of the events between them, that are the same in every execution environment: stateless,
 * with whatever they depend on passed in. A process evaluates them once, and V8 optimizes them once, whatever the number
 * of cold starts.
 *
 * A module that imports another one is common only where that one is.
 * @param options for a bundle of all functions
 * @returns paths of the files
 */
export async function commonModules(options: BuildOptions): Promise<string[]> {
  const { metafile } = await build({ ...options, absWorkingDir: root, metafile: true, write: false });
  const own = Object.entries(metafile.inputs).filter(([path]) => /^(functions|events)\//.test(path));
  const bound = new Set<string>();
  for (const [path] of own) if (await isOfAnEnvironment(join(root, path))) bound.add(path);
  for (let known = -1; known < bound.size; ) {
    known = bound.size;
    for (const [path, { imports }] of own) if (imports.some((each) => bound.has(each.path))) bound.add(path);
  }
  return own.flatMap(([path]) => (bound.has(path) ? [] : [join(root, path)]));
}

async function isOfAnEnvironment(path: string): Promise<boolean> {
  // A handler makes an environment's clients and state. The text of a script replaces the module that reads it.
  if (path.endsWith('/handler.ts')) return true;
  if (path.endsWith('/script.ts')) return false;
  const { code } = await transform(await readFile(path, 'utf8'), { loader: 'ts', target: 'node24' });
  return dependsOnEnvironment(code);
}

/** @param code of a module, as JavaScript */
export const dependsOnEnvironment = (code: string): boolean => OF_AN_ENVIRONMENT.some((mark) => mark.test(code));
