import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The script that the installing DaemonSet runs. Bundling puts the text in the place of this module: infra/bundle.ts. */
export const INSTALL_SCRIPT = readFileSync(join(import.meta.dirname, 'install-ssm-agent.sh'), 'utf8');
