import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import {
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { asksForHelp } from '../cli/entry.ts';
import { print } from '../cli/output.ts';
import { type DeployArguments, planDeploy, readDeployArguments } from './deploy-plan.ts';
import { checkFirstPolicy, type FirstPolicy, firstPolicyOf } from './first-policy.ts';
import { type Settings, SettingsError } from './settings.ts';
import { DEFAULT_SETTINGS_FILE, parseSettingsFile, writtenSettings } from './settings-file.ts';

/** The environment of a deploy. */
export interface DeployEnvironment {
  readonly isAttended: boolean;
  /** Runs the CDK CLI. @returns its exit code */
  runCdk(args: readonly string[]): number;
  /** The mode of the deployed stack; empty when it does not say; undefined when the stack does not exist. */
  deployedMode(stackName: string): Promise<string | undefined>;
  /** The authentication mode of a cluster, such as `API`; undefined when the cluster does not exist. */
  authenticationMode(clusterName: string): Promise<string | undefined>;
  /** Whether there is a parameter of this name. */
  hasParameter(name: string): Promise<boolean>;
  /** Creates the policy parameter; fails where it exists. */
  putPolicy(name: string, text: string): Promise<void>;
  say(line: string): void;
}

/**
 * Deploys with the settings of the file and of the command line, and saves them in the file for the next deploy. A
 * failed deploy leaves the file as it was.
 *
 * @returns the exit code
 * @throws SettingsError for a bad setting, where no mode was chosen, and where the stack would change its mode without
 * being told to
 */
export async function deploy(args: DeployArguments, environment: DeployEnvironment): Promise<number> {
  const path = args.settingsFile;
  const before = textOf(path);
  const earlier = before === undefined ? undefined : parseSettingsFile(before, path);
  const wanted = planDeploy(args, earlier, environment.isAttended);
  const { mode, stackName } = wanted.settings;
  const first = args.firstPolicy === undefined ? undefined : firstPolicyIn(args.firstPolicy);
  const deployed = await modeOf(stackName, environment);
  if (typeof deployed === 'string' && deployed !== '' && deployed !== mode && args.settings.mode === undefined) {
    throw new SettingsError(
      `The stack ${stackName} runs in mode ${deployed}, and ${path} says ${mode}. Say which one is meant:\n  -c mode=${deployed}\n  -c mode=${mode}`,
    );
  }
  await checkAccessEntries(wanted.settings.accessEntryClusters, environment);
  const policy = deployed === undefined ? await policyOf(wanted.settings, first, environment) : undefined;
  if (policy === undefined && first !== undefined) {
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

/** Decides about the policy of a stack that does not exist yet. */
async function policyOf(
  settings: Settings,
  first: { readonly file: string; readonly text: string } | undefined,
  environment: DeployEnvironment,
): Promise<FirstPolicy> {
  const { policyParameterName: name } = settings;
  const isThere = await environment.hasParameter(name).catch((error: unknown) => {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    environment.say(`Whether the policy ${name} is there already could not be read (${why}).`);
    return undefined;
  });
  return firstPolicyOf(settings, isThere, first);
}

/**
 * Reads the mode of the deployed stack. Whoever may deploy may lack the right to read it; then this prints a notice and
 * relies on the file.
 *
 * @returns undefined when the stack does not exist; false when nobody knows
 */
async function modeOf(stackName: string, environment: DeployEnvironment): Promise<string | false | undefined> {
  try {
    return await environment.deployedMode(stackName);
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

/** The states of a stack without resources. The CDK CLI deletes such a stack and begins anew. */
const NOTHING_THERE: ReadonlySet<string> = new Set(['ROLLBACK_COMPLETE', 'REVIEW_IN_PROGRESS', 'DELETE_COMPLETE']);

async function readDeployedMode(stackName: string, profile: string | undefined): Promise<string | undefined> {
  const client = new CloudFormationClient(profile === undefined ? {} : { profile });
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    const [stack] = Stacks;
    if (stack === undefined || NOTHING_THERE.has(stack.StackStatus ?? '')) return undefined;
    return stack.Outputs?.find(({ OutputKey }) => OutputKey === 'Mode')?.OutputValue ?? '';
  } catch (error) {
    // CloudFormation has no distinct error for a stack that does not exist.
    if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) {
      return undefined;
    }
    throw error;
  }
}

async function readAuthenticationMode(name: string, profile: string | undefined): Promise<string | undefined> {
  const client = new EKSClient(profile === undefined ? {} : { profile });
  try {
    const { cluster } = await client.send(new DescribeClusterCommand({ name }));
    return cluster?.accessConfig?.authenticationMode ?? 'CONFIG_MAP';
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

async function hasParameter(name: string, profile: string | undefined): Promise<boolean> {
  try {
    await new SSMClient(profile === undefined ? {} : { profile }).send(new GetParameterCommand({ Name: name }));
    return true;
  } catch (error) {
    if (error instanceof ParameterNotFound) return false;
    throw error;
  }
}

/**
 * Creates the parameter. Without `Overwrite` Systems Manager refuses where it exists, even if somebody has created it a
 * moment ago.
 */
async function putPolicy(name: string, text: string, profile: string | undefined): Promise<void> {
  const put = { Name: name, Value: text, Type: 'String', Tier: 'Intelligent-Tiering', Overwrite: false } as const;
  try {
    await new SSMClient(profile === undefined ? {} : { profile }).send(new PutParameterCommand(put));
  } catch (error) {
    if (!(error instanceof ParameterAlreadyExists)) throw error;
    throw new SettingsError(`${name} was made by somebody else just now: deploy again, and the stack goes on with it`);
  }
}

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
      deployedMode: (stackName) => readDeployedMode(stackName, args.profile),
      authenticationMode: (clusterName) => readAuthenticationMode(clusterName, args.profile),
      hasParameter: (name) => hasParameter(name, args.profile),
      putPolicy: (name, text) => putPolicy(name, text, args.profile),
      say: (line) => console.error(line),
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
