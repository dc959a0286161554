import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { asksForHelp } from '../cli/entry.ts';
import { print } from '../cli/output.ts';
import { notReadable } from '../functions/shared/policy/policy-reader.ts';
import { type DeployAccount, type DeployedStack, deployAccount } from './deploy-account.ts';
import { type DeployArguments, planDeploy, readDeployArguments } from './deploy-plan.ts';
import { checkPolicyStays, isTakenOver, type Redeploy } from './deployed-policy.ts';
import { checkFirstPolicy, type FirstPolicy, firstPolicyOf } from './first-policy.ts';
import { type Settings, SettingsError } from './settings.ts';
import { DEFAULT_SETTINGS_FILE, type GivenSettings, parseSettingsFile, writtenSettings } from './settings-file.ts';

/** The environment of a deploy. */
export interface DeployEnvironment extends DeployAccount {
  readonly isAttended: boolean;
  /** Runs the CDK CLI. @returns its exit code */
  runCdk(args: readonly string[]): number;
  say(line: string): void;
}

/**
 * Deploys with the settings of the file and of the command line, and saves them in the file for the next deploy. A
 * failed deploy leaves the file as it was.
 *
 * @returns the exit code
 * @throws SettingsError for a bad setting, where no mode was chosen, and where the stack would change its mode, lose its
 * settings or its policy without being told to
 */
export async function deploy(args: DeployArguments, environment: DeployEnvironment): Promise<number> {
  const path = args.settingsFile;
  const before = textOf(path);
  const earlier = before === undefined ? undefined : parseSettingsFile(before, path);
  const wanted = planDeploy(args, earlier, environment.isAttended);
  const { mode, stackName } = wanted.settings;
  const first = args.firstPolicy === undefined ? undefined : firstPolicyIn(args.firstPolicy);
  const deployed = await stackOf(stackName, environment);
  if (deployed === false && first !== undefined) {
    throw new SettingsError(
      `--first-policy ${first.file}: whether ${stackName} is there already could not be read, so nobody knows whether this is the first deploy; allow cloudformation:DescribeStacks, or put the policy in place by hand and deploy with -c policyParameter=existing`,
    );
  }
  if (deployed) checkSettingsOf(deployed, wanted.settings, earlier, args);
  await checkAccessEntries(wanted.settings.accessEntryClusters, environment);
  const policy = deployed
    ? await policyAgain(
        { deployed, wanted: wanted.settings, earlier: earlier ?? {}, given: args.settings, settingsFile: path },
        environment,
      )
    : deployed === undefined
      ? await policyOf(wanted.settings, first, environment)
      : undefined;
  if (deployed && first !== undefined) {
    environment.say(
      `${first.file} was not put in place: ${stackName} is there, and its policy stays as it is (policy put changes it).`,
    );
  }
  const isAsWanted = policy === undefined || policy.setting === wanted.settings.policyParameter;
  const settings = isAsWanted ? args.settings : { ...args.settings, policyParameter: policy.setting };
  const plan = planDeploy({ ...args, settings }, earlier, environment.isAttended);
  if (policy?.put !== undefined) await environment.putPolicy(plan.settings.policyParameterName, policy.put);
  if (policy?.say !== undefined) environment.say(policy.say);
  for (const change of plan.changes) environment.say(change);
  environment.say(`Deploying ${stackName} in mode ${mode}; settings are kept in ${path}.`);
  writeFileSync(path, writtenSettings(plan.file));
  const code = environment.runCdk(plan.cdkArguments);
  if (code !== 0) {
    if (before === undefined) rmSync(path);
    else writeFileSync(path, before);
    environment.say(`The deploy failed: ${path} is as it was.`);
  }
  return code;
}

/**
 * Refuses a deploy by settings that are not those of the stack.
 * @throws SettingsError that says how to go on
 */
function checkSettingsOf(
  { mode: runs }: DeployedStack,
  { mode, stackName }: Settings,
  earlier: GivenSettings | undefined,
  { settings: given, settingsFile: path }: DeployArguments,
): void {
  if (earlier === undefined) {
    throw new SettingsError(
      `The stack ${stackName} is there, and ${path} with its settings is not: each setting that is not on the command line would go back to its default. Fetch the file that the last deploy wrote (-c settingsFile=PATH names another one), or write it, at least with\n  ${JSON.stringify({ mode: runs ?? mode })}`,
    );
  }
  if (runs !== undefined && runs !== mode && given.mode === undefined) {
    throw new SettingsError(
      `The stack ${stackName} runs in mode ${runs}, and ${path} says ${mode}. Say which one is meant:\n  -c mode=${runs}\n  -c mode=${mode}`,
    );
  }
}

/**
 * Checks the clusters in advance, because one cluster without access entries would roll back the whole stack. Source:
 * EKS user guide, "Change authentication mode to use access entries": CONFIG_MAP supports none.
 *
 * @throws SettingsError that names each such cluster and the fix
 */
async function checkAccessEntries(clusters: readonly string[], environment: DeployEnvironment): Promise<void> {
  const problems: string[] = [];
  for (const name of clusters) {
    try {
      const mode = await environment.authenticationMode(name);
      if (mode === undefined) problems.push(`${name}: there is no such cluster here`);
      if (mode === 'CONFIG_MAP') {
        problems.push(
          `${name}: it has authentication mode CONFIG_MAP, which knows no access entries: aws eks update-cluster-config --name ${name} --access-config authenticationMode=API_AND_CONFIG_MAP`,
        );
      }
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      environment.say(`Whether the cluster ${name} takes access entries could not be read (${why}).`);
    }
  }
  if (problems.length === 0) return;
  const lines = problems.map((problem) => `\n  ${problem}`).join('');
  throw new SettingsError(`Bad clusters in accessEntryClusters; take them out, or mend them:${lines}`);
}

/** @throws SettingsError where there is no such file, or it contains no valid policy */
function firstPolicyIn(file: string): { readonly file: string; readonly text: string } {
  const text = textOf(file)
    ?.replace(/^\uFEFF/, '')
    .trim();
  if (text === undefined) throw new SettingsError(`--first-policy ${file}: there is no such file`);
  checkFirstPolicy(text, file);
  return { file, text };
}

/** Decides about the policy of a stack that exists. */
async function policyAgain(redeploy: Redeploy, environment: DeployEnvironment): Promise<FirstPolicy> {
  const { policyParameter, policyParameterName: name } = redeploy.wanted;
  await checkPolicyStays(redeploy, (other) => typeOf(other, environment));
  if (!isTakenOver(redeploy)) return { setting: policyParameter };
  return { setting: 'existing', say: `The policy ${name} stays as it is, and no deploy writes it from now on.` };
}

/** Decides about the policy of a stack that does not exist yet. */
async function policyOf(
  settings: Settings,
  first: { readonly file: string; readonly text: string } | undefined,
  environment: DeployEnvironment,
): Promise<FirstPolicy> {
  const { policyParameterName: name } = settings;
  const type = await typeOf(name, environment);
  if (type === 'SecureString') throw new SettingsError(`policyParameterName=${name}: ${notReadable(name)}`);
  return firstPolicyOf(settings, type === false ? undefined : type !== undefined, first);
}

/** Reads the type of a parameter: undefined when it does not exist; false when nobody knows, of which this tells. */
async function typeOf(name: string, environment: DeployEnvironment): Promise<string | false | undefined> {
  try {
    return await environment.parameterType(name);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    environment.say(`Whether the policy ${name} is there already could not be read (${why}).`);
    return false;
  }
}

/**
 * Reads what the deployed stack tells. Whoever may deploy may lack the right to read it; then this prints a notice, and
 * the file counts.
 *
 * @returns undefined when the stack does not exist; false when nobody knows
 */
async function stackOf(stackName: string, environment: DeployEnvironment): Promise<DeployedStack | false | undefined> {
  try {
    return await environment.deployedStack(stackName);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    environment.say(`What mode the stack ${stackName} runs in could not be read (${why}).`);
    return false;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const cdkCli = (): string => join(createRequire(import.meta.url).resolve('aws-cdk/package.json'), '..', 'bin', 'cdk');

const USAGE = `Usage: npm run deploy -- [-c SETTING=VALUE]... [--first-policy FILE] [what cdk deploy takes]

Deploys the stack. What it is to do is said once, by -c mode=observe or -c mode=enforce; all settings are kept in
${DEFAULT_SETTINGS_FILE} for the next deploy. docs/deploy.md has each setting.

  -c SETTING=VALUE      sets a setting; without a value it is taken out of the file
  --first-policy FILE   puts this policy in place with the first deploy, never over one that is there
  --profile NAME        the AWS profile
  -h, --help            this

Exit codes: 0 deployed; 1 not.`;

if (import.meta.main && asksForHelp(process.argv.slice(2))) print(USAGE);
else if (import.meta.main) {
  const args = readDeployArguments(process.argv.slice(2));
  try {
    process.exitCode = await deploy(args, {
      isAttended: process.stdin.isTTY === true && process.stdout.isTTY === true,
      runCdk: (cdkArguments) =>
        spawnSync(process.execPath, [cdkCli(), ...cdkArguments], { stdio: 'inherit' }).status ?? 1,
      ...deployAccount(args.profile, process.env),
      say: (line) => console.error(line),
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
