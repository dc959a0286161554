import { globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

const SCHEMAS = /[\\/]@aws-sdk[\\/].*[\\/]schemas_0\.js$/;

const functions = join(import.meta.dirname, '..', 'functions');

/** All that the functions' own sources say, to see which errors they name. */
const sources = (): string =>
  globSync('**/*.ts', { cwd: functions, exclude: ['**/*.test.ts', '**/*.proof.ts', '**/*.fixture.ts'] })
    .map((file) => readFileSync(join(functions, file), 'utf8'))
    .join('\n');

/**
 * The AWS SDK writes the schemas of all operations of a service as objects with computed keys, `{ [_eN]: … }` after
 * `const _eN = "eventName"`. esbuild cannot know that such a key is a string, so it keeps every schema: half a megabyte
 * for EC2 alone. With the strings put in, it drops those that no command of ours uses.
 */
const withLiteralKeys = (source: string): string => {
  const strings = new Map([...source.matchAll(/^const (_\w+) = (".*");$/gm)].map(([, name, text]) => [name, text]));
  return source.replace(/\[(_\w+)\]:/g, (_key, name) => `[${strings.get(name) ?? name}]:`);
};

/**
 * A client registers a class for each error of its service, 140 for SSM, which keeps them all in a bundle. An error
 * without one becomes the service's general exception, with the same message and fault, and with its code on the wire
 * as its name (ProtocolLib.js in `@aws-sdk/core`). The code is mostly the name of the class, or that name without
 * `Exception`. So a class is registered where the functions name it or its code, and where it says that a retry may cure
 * the error.
 */
export const withoutUnnamedErrors = (source: string, errors: string, named: ReadonlySet<string>): string =>
  source.replace(/^n\d_registry\.registerError\((\w+)\$, \1\);$/gm, (line, name: string) => {
    const at = source.indexOf(`export var ${name}$ = `);
    const code = /"awsQueryError"\]: \[`([^`]*)`/.exec(source.slice(at, source.indexOf('];\n', at)))?.[1] ?? name;
    const from = errors.indexOf(`class ${name} `);
    const retried = errors.slice(from, errors.indexOf('\n}', from)).includes('$retryable');
    return named.has(name) || named.has(code) || retried ? line : '';
  });

/** Keeps of a client's schemas what the functions use. */
const usedSchemas: Plugin = {
  name: 'used-schemas',
  setup({ onLoad }) {
    const named = new Set(sources().match(/\w+/g));
    onLoad({ filter: SCHEMAS }, async ({ path }) => {
      const errors = await readFile(join(path, '..', '..', 'models', 'errors.js'), 'utf8').catch(() => '');
      return { contents: withoutUnnamedErrors(withLiteralKeys(await readFile(path, 'utf8')), errors, named) };
    });
  },
};

/**
 * The SDK imports some modules only when a call needs them: the sources of credentials that come after the environment,
 * which Lambda always fills (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), and event
 * streams, which no operation of ours answers with. A bundle would hold them, and Node would parse them at each cold
 * start.
 */
const neverImported: Plugin = {
  name: 'never-imported',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@(aws-sdk|smithy)\// }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'never-imported' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'never-imported' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not in this bundle.`)});`,
    }));
  },
};

/** A client tells AWS its version, for which it would carry its whole package.json. */
const versionsOnly: Plugin = {
  name: 'versions-only',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@aws-sdk[\\/][\w-]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/**
 * A client copies what it sends and gets, without what is sensitive, for a logger that ours do not have. The copies of a
 * sweep take a tenth of its computing.
 */
const withoutCallLog: Plugin = {
  name: 'without-call-log',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]middleware-logger[\\/]loggerMiddleware\.js$/ }, () => ({
      contents: `export const [loggerMiddleware, loggerMiddlewareOptions] = [];
        export const getLoggerPlugin = () => ({ applyToStack: () => {} });`,
    }));
  },
};

/** What keeps out of a bundle all of the SDK that a function never runs. */
export const SDK_PLUGINS: Plugin[] = [usedSchemas, neverImported, versionsOnly, withoutCallLog];
