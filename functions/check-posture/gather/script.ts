import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The lines of the script that gathers a host's data. Bundling replaces this module by the text: infra/bundle.ts. */
export const GATHER_SCRIPT: string = readFileSync(join(import.meta.dirname, 'gather.sh'), 'utf8');
