import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The script that the installer DaemonSet runs. Bundling replaces this module by the text: infra/bundle.ts. */
export const INSTALL_SCRIPT = readFileSync(join(import.meta.dirname, 'install-ssm-agent.sh'), 'utf8');
