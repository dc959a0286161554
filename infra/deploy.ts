import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { type DeployArguments, planDeploy, readDeployArguments } from './deploy-plan.ts';
import { SettingsError } from './settings.ts';
import { parseSettingsFile, writtenSettings } from './settings-file.ts';

/** The environment of a deploy. */
export interface DeployEnvironment {
  readonly isAttended: boolean;
  /** Runs the CDK CLI. @returns its exit code */
  runCdk(args: readonly string[]): number;
  /** The mode of the deployed stack; undefined when the stack does not exist. */
  deployedMode(stackName: string): Promise<string | undefined>;
  /** The authentication mode of a cluster, such as `API`; undefined when the cluster does not exist. */
  authenticationMode(clusterName: string): Promise<string | undefined>;
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
  const plan = planDeploy(args, earlier, environment.isAttended);
  const { mode, stackName } = plan.settings;
  const deployed = await modeOf(stackName, environment);
  if (deployed !== undefined && deployed !== mode && args.settings.mode === undefined) {
    throw new SettingsError(
      `The stack ${stackName} runs in mode ${deployed}, and ${path} says ${mode}. Say which one is meant:\n  -c mode=${deployed}\n  -c mode=${mode}`,
    );
  }
  await checkAccessEntries(plan.settings.accessEntryClusters, environment);
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

/**
 * Reads the mode of the deployed stack. Whoever may deploy may lack the right to read it; then this prints a notice and
 * relies on the file.
 */
async function modeOf(stackName: string, environment: DeployEnvironment): Promise<string | undefined> {
  try {
    return await environment.deployedMode(stackName);
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    environment.say(`What mode the stack ${stackName} runs in could not be read (${why}).`);
    return undefined;
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

async function readDeployedMode(stackName: string, profile: string | undefined): Promise<string | undefined> {
  const client = new CloudFormationClient(profile === undefined ? {} : { profile });
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    return Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'Mode')?.OutputValue;
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

if (import.meta.main) {
  const args = readDeployArguments(process.argv.slice(2));
  try {
    process.exitCode = await deploy(args, {
      isAttended: process.stdin.isTTY === true && process.stdout.isTTY === true,
      runCdk: (cdkArguments) =>
        spawnSync(process.execPath, [cdkCli(), ...cdkArguments], { stdio: 'inherit' }).status ?? 1,
      deployedMode: (stackName) => readDeployedMode(stackName, args.profile),
      authenticationMode: (clusterName) => readAuthenticationMode(clusterName, args.profile),
      say: (line) => console.error(line),
    });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
