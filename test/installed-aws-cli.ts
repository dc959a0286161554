import { spawnSync } from 'node:child_process';

/** The oldest minor version that plays use, by major one. Older ones send queries to SQS and know no access entries. */
const OLDEST_MINOR: Readonly<Record<string, number>> = { 1: 33, 2: 16 };

const { stdout, stderr } = spawnSync('aws', ['--version'], { encoding: 'utf8' });
// Version 1 of the CLI prints its version on stdout, some older ones on stderr.
const [, version = '', major = '', minor = ''] = /aws-cli\/((\d+)\.(\d+)\.\d+)/.exec(`${stdout}${stderr}`) ?? [];

/** The AWS CLI that is installed here, if any. */
export const AWS_CLI = {
  /** Empty: none is installed. */
  version,
  isUsable: version !== '' && Number(minor) >= (OLDEST_MINOR[major] ?? 0),
};

/** The title of tests with the CLI, which says why they are skipped. */
export const AWS_CLI_TITLE = AWS_CLI.isUsable
  ? `the AWS CLI ${version}`
  : `the AWS CLI (SKIPPED: ${version === '' ? 'it is not installed here' : `${version} is too old`})`;
