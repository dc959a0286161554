import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import { compileFunction } from 'node:vm';

/** The free variables of a bundle. Each execution environment has its own values. */
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

/** The directory of the code in Lambda, which stack traces name on every machine. */
export const TASK_ROOT = '/var/task';

const compiled = new Map<string, (variables: FreeVariables) => void>();

/**
 * Compiles a CommonJS bundle, once per path in the process. Each call of the returned function evaluates it anew, like
 * a cold start.
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

/** A dynamic `import('node:http')` would bypass the bundle's own `require`, so it is rewritten to call that. */
function withoutDynamicBuiltins(source: string): string {
  return source.replace(/\bimport\((["'])([\w:/]+)\1\)/g, (whole, quote, id) => {
    if (!isBuiltin(id)) return whole;
    const required = `require(${quote}${id}${quote})`;
    return `Promise.resolve().then(()=>({...${required},default:${required}}))`;
  });
}
