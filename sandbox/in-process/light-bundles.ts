import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { functionNames, scriptTexts } from '../../infra/bundle.ts';
import { COMMON, COMMON_FILE } from './common-code.ts';
import { commonModules } from './common-modules.ts';

const functions = join(import.meta.dirname, '..', '..', 'functions');

/**
 * Packages that light bundles leave out. They are evaluated once per process, and keep nothing from one caller for the
 * next. Packages that read a clock, the environment or the standard streams stay in the bundle.
 */
const SHARED = /^@(aws-sdk|smithy|kubernetes)\//;

/** The variable for an exported member. Members that are reserved words cannot be variables. */
const asVariable = (name: string): string => `member_${name}`;

/**
 * Shares zod, too. Its importers import it as a namespace, which esbuild would copy, member by member, for each of
 * them. As a module of the bundle it is never copied.
 */
const sharedZod: Plugin = {
  name: 'shared-zod',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^zod$/ }, ({ namespace }) =>
      namespace === 'shared-zod' ? { path: 'zod', external: true } : { path: 'zod', namespace: 'shared-zod' },
    );
    onLoad({ filter: /./, namespace: 'shared-zod' }, () => {
      const zod: object = createRequire(import.meta.url)('zod');
      const names = Object.keys(zod).filter((name) => name !== 'default' && /^\w+$/.test(name));
      const contents = [
        'const zod = require("zod");',
        ...names.map((name) => `const ${asVariable(name)} = zod.${name};`),
        `export { ${names.map((name) => `${asVariable(name)} as ${name}`).join(', ')} };`,
      ].join('\n');
      return { contents, resolveDir: functions };
    });
  },
};

const sharedPackages: Plugin = {
  name: 'shared-packages',
  setup({ onResolve }) {
    onResolve({ filter: SHARED }, ({ path }) => ({ path, external: true }));
  },
};

const OPTIONS = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  supported: { 'dynamic-import': false },
  logLevel: 'warning',
} as const satisfies BuildOptions;

const PLUGINS = [scriptTexts, sharedZod, sharedPackages];

/** Leaves the common modules out of a bundle, which requires each by its path in the repository. */
const commonCode = (common: ReadonlySet<string>): Plugin => ({
  name: 'common-code',
  setup({ onResolve }) {
    onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, resolveDir }) => {
      const file = join(resolveDir, path);
      return common.has(file) ? { path: `${COMMON}${relative(functions, file)}`, external: true } : undefined;
    });
  },
});

/**
 * Bundles every function's own code as `<outdir>/<name>/index.js`, for environments that get the SDK from this process
 * (`in-process-packages.ts`), and the code of all functions that environments have in common as `common.js` beside it.
 * Lambda gets whole bundles instead.
 */
export async function lightBundles(outdir: string): Promise<void> {
  const names = functionNames();
  const entryPoints = names.map((name) => ({ in: join(functions, name, 'handler.ts'), out: `${name}/index` }));
  const common = await commonModules({ ...OPTIONS, entryPoints, outdir, plugins: PLUGINS });
  const contents = common
    .map((file) => relative(functions, file))
    .map((path) => `export * as ${JSON.stringify(path)} from ${JSON.stringify(`./${path}`)};`)
    .join('\n');
  await Promise.all([
    build({ ...OPTIONS, entryPoints, outdir, plugins: [commonCode(new Set(common)), ...PLUGINS] }),
    build({
      ...OPTIONS,
      stdin: { contents, resolveDir: functions },
      outfile: join(outdir, COMMON_FILE),
      plugins: PLUGINS,
    }),
  ]);
  await Promise.all(names.map((name) => copyFile(join(outdir, COMMON_FILE), join(outdir, name, COMMON_FILE))));
}
