import { afterEach, expect, it, vi } from 'vitest';
import { createClients } from './clients.ts';
import { COMMANDS } from './commands.ts';
import { remediator } from './remediator.ts';
import { regionFrom } from './settings.ts';
import { UsageError } from './usage-error.ts';

afterEach(() => vi.unstubAllEnvs());

/** Runs `status` on a machine whose profiles are empty. */
async function status(environment: Record<string, string>, ...argv: string[]) {
  const settings = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null', ...environment };
  // The test hides the settings of this machine.
  for (const name of [
    'AWS_PROFILE',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
  ]) {
    vi.stubEnv(name, undefined);
  }
  for (const [name, value] of Object.entries({ ...settings, AWS_EC2_METADATA_DISABLED: 'true' })) {
    vi.stubEnv(name, value);
  }
  const noted: string[] = [];
  const code = await remediator(['status', ...argv], {
    commands: COMMANDS,
    createClients,
    clock: { now: () => 0 },
    sleep: async () => undefined,
    print: () => undefined,
    note: (text) => noted.push(text),
    width: undefined,
    askBack: async () => undefined,
    env: environment,
  });
  return { code, noted };
}

const FIX = 'name the region, such as --region eu-central-1, or set AWS_REGION';

it.each([
  [{}, [], `--region: missing; ${FIX}`],
  [{}, ['--region', ''], `--region: missing; ${FIX}`],
  [{ AWS_REGION: 'eu_central' }, [], `--region: "eu_central" is no region of AWS; ${FIX}`],
  [{ AWS_REGION: 'eu-central1' }, [], `--region: "eu-central1" is no region of AWS; ${FIX}`],
  [{ AWS_REGION: 'eu-central-1' }, ['--region', 'a b'], `--region: "a b" is no region of AWS; ${FIX}`],
])('a region that is none is refused with the fix: %j %j', async (environment, argv, message) => {
  expect(await status(environment, ...argv)).toEqual({ code: 2, noted: [message] });
});

it('says what to do where no credentials are found', async () => {
  const { code, noted } = await status({ AWS_REGION: 'us-gov-west-1' });
  expect(code).toBe(1);
  expect(noted).toEqual([
    'No AWS credentials: name a profile that has some (AWS_PROFILE), sign in (aws sso login), or set AWS_ACCESS_KEY_ID ' +
      'and AWS_SECRET_ACCESS_KEY (Could not load credentials from any providers)',
  ]);
});

it.each([
  [{ AWS_DEFAULT_REGION: 'eu-west-1' }, 'eu-west-1'],
  [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' }, 'eu-west-1'],
  [{ AWS_REGION: 'eu-north-1', AWS_DEFAULT_REGION: 'eu-west-1' }, 'eu-north-1'],
  [{ AWS_DEFAULT_REGION: '' }, undefined],
])('goes by the variables of the AWS CLI and the CDK CLI for the region: %j', (env, region) => {
  expect(regionFrom(env)).toBe(region);
});

it.each([
  [[], 'eu-west-1'],
  [['--region', 'eu-north-1'], 'eu-north-1'],
])('looks for the stack in the region of AWS_DEFAULT_REGION, not in that of the profile: %j', async (argv, region) => {
  const asked: unknown[] = [];
  await remediator(['status', ...argv], {
    commands: COMMANDS,
    createClients: (config) => {
      asked.push(config.region);
      throw new UsageError('enough');
    },
    clock: { now: () => 0 },
    sleep: async () => undefined,
    print: () => undefined,
    note: () => undefined,
    width: undefined,
    askBack: async () => undefined,
    env: { AWS_DEFAULT_REGION: 'eu-west-1' },
  });
  expect(asked).toEqual([region]);
});
