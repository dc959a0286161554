import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The script that gathers a host, by lines. The package has the text in the place of this module: infra/bundle.ts. */
export const GATHER_SCRIPT: string = readFileSync(join(import.meta.dirname, 'gather.sh'), 'utf8');
