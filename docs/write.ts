import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED_PAGES } from './generated-pages.ts';
import { REGIONS, withRegion } from './regions.ts';

/** `npm run docs`: writes the pages that are generated from code. */
for (const [file, page] of Object.entries(GENERATED_PAGES)) writeFileSync(join(import.meta.dirname, file), page());
for (const [name, { file }] of Object.entries(REGIONS)) {
  const path = join(import.meta.dirname, '..', file);
  writeFileSync(path, withRegion(readFileSync(path, 'utf8'), name));
}
