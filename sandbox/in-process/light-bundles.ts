import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { functionNames, scriptTexts } from '../../infra/bundle.ts';

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

/**
 * Bundles every function's own code as `<outdir>/<name>/index.js`, for environments that get the SDK from this process
 * (`in-process-packages.ts`). Lambda gets whole bundles instead.
 */
export async function lightBundles(outdir: string): Promise<void> {
  await build({
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    mainFields: ['module', 'main'],
    supported: { 'dynamic-import': false },
    logLevel: 'warning',
    entryPoints: functionNames().map((name) => ({ in: join(functions, name, 'handler.ts'), out: `${name}/index` })),
    outdir,
    plugins: [scriptTexts, sharedZod, sharedPackages],
  });
}
