import { renameSync } from 'node:fs';
import { join } from 'node:path';

// What build.ts put aside before packing.
const root = join(import.meta.dirname, '..');
renameSync(join(root, '.cache', 'package.json'), join(root, 'package.json'));
