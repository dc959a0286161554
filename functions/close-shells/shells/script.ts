import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The script that looks at ways in, closes and restores them. The package has the text in the place of this module: infra/bundle.ts. */
export const SHELLS_SCRIPT: string = readFileSync(join(import.meta.dirname, 'close-shells.sh'), 'utf8');
