import { execFile } from 'node:child_process';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a stock AWS CLI against a served account, with made-up credentials and none of the user's settings. */
export const awsCli =
  (program: string, url: string) =>
  (...argv: string[]): Promise<Ended> => {
    const env = {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      AWS_ACCESS_KEY_ID: 'anybody',
      AWS_SECRET_ACCESS_KEY: 'anything',
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_DEFAULT_OUTPUT: 'json',
      AWS_PAGER: '',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    return new Promise((resolve) => {
      execFile(program, ['--endpoint-url', url, ...argv], { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  };

/** The `aws …` commands in a page's shell blocks, split like a shell does; quoted text may span several lines. */
export function commandsOf(blocks: ReadonlyArray<{ readonly text: string }>): string[][] {
  const lines = blocks.flatMap(({ text }) => text.replaceAll('\\\n', ' ').match(/^(?:'[^']*'|[^\n'])+$/gm) ?? []);
  return lines
    .filter((line) => line.startsWith('aws '))
    .map((line) => (line.replace(/\s#.*$/, '').match(/(?:'[^']*'|\$\([^)]*\)|[^\s'])+/g) ?? []).slice(1).map(unquoted));
}

const unquoted = (word: string): string => word.replaceAll(/'([^']*)'/g, '$1');
