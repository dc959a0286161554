import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import { compileFunction } from 'node:vm';

/** The names that a bundle finds defined, each execution environment with values of its own. */
const FREE_VARIABLES = [
  'exports',
  'require',
  'module',
  '__filename',
  '__dirname',
  'process',
  'console',
  'Date',
  'Math',
  'performance',
  'crypto',
  'fetch',
  'AbortSignal',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'globalThis',
  'global',
] as const;

export type FreeVariables = Readonly<Record<(typeof FREE_VARIABLES)[number], unknown>>;

/** Where Lambda puts the code; stack traces name this path on every machine. */
export const TASK_ROOT = '/var/task';

const compiled = new Map<string, (variables: FreeVariables) => void>();

/**
 * Compiles a CommonJS bundle, once per path in the process: each call of what is returned evaluates it afresh, as a
 * cold start does.
 *
 * @param path of the bundle's file
 */
export function compileBundle(path: string): (variables: FreeVariables) => void {
  const known = compiled.get(path);
  if (known !== undefined) return known;
  const source = withoutDynamicBuiltins(readFileSync(path, 'utf8'));
  const evaluate = compileFunction(source, [...FREE_VARIABLES], { filename: `${TASK_ROOT}/${basename(path)}` });
  const bundle = (variables: FreeVariables): void => {
    evaluate(...FREE_VARIABLES.map((name) => variables[name]));
  };
  compiled.set(path, bundle);
  return bundle;
}

/** A dynamic `import('node:http')` knows nothing of the bundle's own `require`, so it is made to ask that one. */
function withoutDynamicBuiltins(source: string): string {
  return source.replace(/\bimport\((["'])([\w:/]+)\1\)/g, (whole, quote, id) => {
    if (!isBuiltin(id)) return whole;
    const required = `require(${quote}${id}${quote})`;
    return `Promise.resolve().then(()=>({...${required},default:${required}}))`;
  });
}
