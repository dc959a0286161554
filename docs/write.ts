import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enter, takeNone } from '../cli/entry.ts';
import { GENERATED_PAGES } from './generated-pages.ts';
import { REGIONS, withRegion } from './regions.ts';

const USAGE = `Usage: npm run docs

Writes the pages and tables of docs/ that are made from code.

  -h, --help   this`;

await enter(process.argv.slice(2), USAGE, async (argv) => {
  takeNone(argv, USAGE);
  for (const [file, page] of Object.entries(GENERATED_PAGES)) writeFileSync(join(import.meta.dirname, file), page());
  for (const [name, { file }] of Object.entries(REGIONS)) {
    const path = join(import.meta.dirname, '..', file);
    writeFileSync(path, withRegion(readFileSync(path, 'utf8'), name));
  }
});
