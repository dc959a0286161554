import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { TASK_ROOT } from '../lambda/bundle.ts';
import { isRecord } from '../wire/json-codec.ts';

/** The file beside each light bundle that has the modules which all environments have in common. */
export const COMMON_FILE = 'common.js';
/** What a light bundle writes before the path of a common module when it requires it. */
export const COMMON = 'common:';

type Modules = Readonly<Record<string, unknown>>;

const byDirectory = new Map<string, Modules>();
const bySource = new Map<string, Modules>();

/**
 * The common modules beside a bundle, by their paths. The functions of a stack have the same ones, so each file is
 * evaluated once per content in this process.
 *
 * @param directory of the bundle
 * @param require gives the packages of this process
 */
export function commonModulesIn(directory: string, require: (id: string) => unknown): Modules {
  const known = byDirectory.get(directory);
  if (known !== undefined) return known;
  const source = readFileSync(join(directory, COMMON_FILE), 'utf8');
  const modules = bySource.get(source) ?? evaluate(source, require);
  bySource.set(source, modules);
  byDirectory.set(directory, modules);
  return modules;
}

function evaluate(source: string, require: (id: string) => unknown): Modules {
  const module: { exports: unknown } = { exports: {} };
  const filename = join(TASK_ROOT, COMMON_FILE);
  compileFunction(source, ['module', 'exports', 'require'], { filename })(module, module.exports, require);
  if (!isRecord(module.exports)) throw new Error(`${COMMON_FILE} exports no modules.`);
  return module.exports;
}
