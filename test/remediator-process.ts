import { execFile } from 'node:child_process';
import type { Ended } from '../cli/operator.fixture.ts';
import { ROOT } from './markdown.ts';

/** Runs an operator's command line in a separate process, in real time, against a served account. */
export const inProcess = (endpoint: string, ...argv: string[]): Promise<Ended> =>
  inProcessWith({ AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'eu-central-1' }, ...argv);

/** Like {@link inProcess}, with further settings. */
export const inProcessWith = (settings: Readonly<Record<string, string>>, ...argv: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const given = { AWS_ACCESS_KEY_ID: 'sandbox', AWS_SECRET_ACCESS_KEY: 'sandbox', NO_COLOR: '1' };
    // Excludes the user's own settings.
    const none = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
    const env = { PATH, NODE_COMPILE_CACHE, ...given, ...none, ...settings };
    execFile(process.execPath, ['cli/main.ts', ...argv], { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
