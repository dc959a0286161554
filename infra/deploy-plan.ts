import { isSetting, readSettings, type Settings } from './settings.ts';
import { DEFAULT_SETTINGS_FILE, type GivenSettings, SETTINGS_FILE_KEY } from './settings-file.ts';

/** The parsed arguments of `npm run deploy --`. */
export interface DeployArguments {
  readonly settingsFile: string;
  /** The settings of the stack from `-c key=value`. An empty value removes a setting from the file. */
  readonly settings: Readonly<Record<string, string>>;
  /** All other arguments, which go to the CDK CLI. */
  readonly others: readonly string[];
  /** A file with the policy that a first deploy puts in place. */
  readonly firstPolicy?: string;
  /** The AWS profile for the CDK CLI, if named. */
  readonly profile?: string;
}

/**
 * Separates settings from the CDK CLI's arguments. Feature flags and the CLI's own keys have a colon in their names.
 */
export function readDeployArguments(args: readonly string[]): DeployArguments {
  const settings: Record<string, string> = {};
  const others: string[] = [];
  let settingsFile = DEFAULT_SETTINGS_FILE;
  let profile: string | undefined;
  let firstPolicy: string | undefined;
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    const [, policyFile] = /^--first-policy=(.*)$/s.exec(arg) ?? [];
    if (policyFile !== undefined || arg === '--first-policy') {
      firstPolicy = policyFile ?? args[++index] ?? '';
      continue;
    }
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
  return {
    settingsFile,
    settings,
    others,
    ...(profile !== undefined && { profile }),
    ...(firstPolicy !== undefined && { firstPolicy }),
  };
}

/** The plan of a deploy. */
export interface DeployPlan {
  /** What the settings file contains from now on. */
  readonly file: GivenSettings;
  readonly settings: Settings;
  /** The settings that this deploy changes compared with the file, one line each. */
  readonly changes: readonly string[];
  readonly cdkArguments: readonly string[];
}

/**
 * Plans what `npm run deploy` does with these arguments, given the settings of earlier deploys.
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
  // Without a terminal the CDK CLI refuses every change of rights instead of asking. Whoever deploys from CI has
  // reviewed it. Source: aws-cdk, "--require-approval is enabled and stack includes security-sensitive updates, but
  // terminal (TTY) is not attached so we are unable to get a confirmation from the user".
  const isSaid = others.some((arg) => arg.startsWith('--require-approval') || arg === '--yes' || arg === '-y');
  const unattended = isAttended || isSaid ? [] : ['--require-approval', 'never'];
  const cdkArguments = ['deploy', ...others, '-c', `${SETTINGS_FILE_KEY}=${settingsFile}`, ...unattended];
  return { file, settings, changes, cdkArguments };
}
