import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Zod writes JSON schemas, which documentation and tests ask for and no function does. Its schemas name the code for it,
 * a fifth of Zod, so that a bundle would hold it, and each schema would be given a part of it when it is made.
 */
export const withoutJsonSchemas: Plugin = {
  name: 'without-json-schemas',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]classic[\\/]schemas\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/^ *inst\._zod\.processJSONSchema = .*;$/gm, ''),
    }));
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]core[\\/]to-json-schema\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const names = [...source.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name);
      const absent = `const absent = () => () => { throw new Error('No JSON schema is made in a bundle.'); };`;
      return { contents: `${absent}\nexport { ${names.map((name) => `absent as ${name}`).join(', ')} };` };
    });
  },
};
