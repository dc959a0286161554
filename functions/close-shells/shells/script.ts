import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The script that finds, closes and restores ways in. Bundling replaces this module by the text: infra/bundle.ts. */
export const SHELLS_SCRIPT: string = readFileSync(join(import.meta.dirname, 'close-shells.sh'), 'utf8');
