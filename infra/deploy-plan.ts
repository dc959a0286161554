import { isSetting, readSettings, type Settings } from './settings.ts';
import { DEFAULT_SETTINGS_FILE, type GivenSettings, SETTINGS_FILE_KEY } from './settings-file.ts';

/** The arguments of `npm run deploy --`, told apart. */
export interface DeployArguments {
  readonly settingsFile: string;
  /** What `-c key=value` says about the stack; an empty value takes a setting out of the file. */
  readonly settings: Readonly<Record<string, string>>;
  /** All else, which is the CDK CLI's business. */
  readonly others: readonly string[];
  /** The AWS profile that the CDK CLI is to use, if named. */
  readonly profile?: string;
}

/** Tells settings from what is for the CDK CLI: feature flags and its own keys have a colon in their names. */
export function readDeployArguments(args: readonly string[]): DeployArguments {
  const settings: Record<string, string> = {};
  const others: string[] = [];
  let settingsFile = DEFAULT_SETTINGS_FILE;
  let profile: string | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const [, joined] = /^(?:-c|--context)=(.*)$/s.exec(arg) ?? [];
    const isContext = arg === '-c' || arg === '--context';
    const pair = joined ?? (isContext ? args[++index] : undefined);
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(pair ?? '') ?? [];
    if (key === SETTINGS_FILE_KEY) settingsFile = value;
    else if (key !== '' && isSetting(key)) settings[key] = value;
    else if (pair !== undefined) others.push('-c', pair);
    else others.push(arg);
    if (arg === '--profile') profile = args[index + 1];
    else if (arg.startsWith('--profile=')) profile = arg.slice('--profile='.length);
  }
  return { settingsFile, settings, others, ...(profile !== undefined && { profile }) };
}

/** What a deploy comes to. */
export interface DeployPlan {
  /** What the file holds from now on. */
  readonly file: GivenSettings;
  readonly settings: Settings;
  /** What this deploy sets otherwise than the file had it, a line each. */
  readonly changes: readonly string[];
  readonly cdkArguments: readonly string[];
}

/**
 * What `npm run deploy` does with these arguments, after earlier deploys with this file.
 *
 * @param isAttended whether somebody at a terminal can be asked
 * @throws SettingsError for a bad setting, or where no mode was ever chosen
 */
export function planDeploy(
  { settingsFile, settings: given, others }: DeployArguments,
  earlier: GivenSettings | undefined,
  isAttended: boolean,
): DeployPlan {
  const merged: GivenSettings = { ...earlier, ...given };
  const file = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
  const settings = readSettings(file, `${settingsFile} and the command line`);
  const changes = Object.entries(given)
    .filter(([key, value]) => String(earlier?.[key] ?? '') !== value)
    .map(([key, value]) => `${key}: ${earlier?.[key] ?? 'not set'} → ${value === '' ? 'not set' : value}`);
  // Without a terminal the CDK CLI refuses every change of rights instead of asking: who deploys from CI has reviewed it.
  // Source: aws-cdk, "--require-approval is enabled and stack includes security-sensitive updates, but terminal (TTY) is
  // not attached so we are unable to get a confirmation from the user".
  const isSaid = others.some((arg) => arg.startsWith('--require-approval') || arg === '--yes' || arg === '-y');
  const unattended = isAttended || isSaid ? [] : ['--require-approval', 'never'];
  const cdkArguments = ['deploy', ...others, '-c', `${SETTINGS_FILE_KEY}=${settingsFile}`, ...unattended];
  return { file, settings, changes, cdkArguments };
}
