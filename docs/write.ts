import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED_PAGES } from './generated-pages.ts';

/** `npm run docs`: writes the pages that are made of code. */
for (const [file, page] of Object.entries(GENERATED_PAGES)) writeFileSync(join(import.meta.dirname, file), page());
