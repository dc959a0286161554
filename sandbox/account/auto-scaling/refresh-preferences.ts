import type { RefreshPreferences, StartInstanceRefreshType } from '@aws-sdk/client-auto-scaling';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { type AutoScalingGroup, launchedVersion } from './group.ts';

/**
 * The longest time that a refresh may wait at a checkpoint or bake, two days in seconds. Source: API reference,
 * RefreshPreferences.
 */
const LONGEST_WAIT = 172_800;

const MAX_ALARMS = 10;

const invalid = (message: string) => new AwsError('ValidationError', message);

/**
 * Checks the input of StartInstanceRefresh by Auto Scaling's rules. Sources: Auto Scaling API reference,
 * RefreshPreferences and DesiredConfiguration; user guide, "How an instance refresh works" (limitations:
 * attribute-based selection) and "Undo changes with a rollback". AWS does not document the texts of the refusals.
 *
 * @returns the version of the group's launch template that is desired; undefined: the group's saved settings
 * @throws AwsError ValidationError; NotImplemented for what the sandbox does not play
 */
export function desiredVersionOf(group: AutoScalingGroup, input: StartInstanceRefreshType): number | undefined {
  const { DesiredConfiguration, Preferences = {} } = input;
  if (Preferences.SkipMatching === true) throw new NotImplemented('StartInstanceRefresh with SkipMatching');
  const { Alarms = [] } = Preferences.AlarmSpecification ?? {};
  // Source: API reference, AlarmSpecification.
  if (Alarms.length > MAX_ALARMS) throw invalid(`At most ${MAX_ALARMS} alarms can be specified.`);
  holdToRanges(Preferences);
  holdToCheckpoints(Preferences);
  if (input.Strategy === 'ReplaceRootVolume') return undefined;
  if (DesiredConfiguration === undefined) {
    if (Preferences.AutoRollback === true) {
      throw invalid('AutoRollback cannot be enabled without a DesiredConfiguration.');
    }
    return undefined;
  }
  if (DesiredConfiguration.MixedInstancesPolicy !== undefined) {
    throw new NotImplemented('StartInstanceRefresh with a desired mixed instances policy');
  }
  const { LaunchTemplateId, LaunchTemplateName, Version = '$Default' } = DesiredConfiguration.LaunchTemplate ?? {};
  if ((LaunchTemplateId === undefined) === (LaunchTemplateName === undefined)) {
    throw invalid('Valid requests must contain either launchTemplateId or LaunchTemplateName');
  }
  if (group.launchesFrom === 'instance-requirements') {
    throw invalid('A desired configuration is not supported for groups with attribute-based instance type selection.');
  }
  if (group.launchesFrom === 'mixed-instances' || group.launchesFrom === 'launch-configuration') {
    throw new NotImplemented(`StartInstanceRefresh from a ${group.launchesFrom} to a launch template`);
  }
  const { id, name } = group.launchTemplate;
  if (LaunchTemplateId !== id && LaunchTemplateName !== name) {
    throw new NotImplemented('StartInstanceRefresh to another launch template than that of the group');
  }
  if (Preferences.AutoRollback === true && group.launchesFrom !== undefined) {
    throw invalid(`AutoRollback is not supported for Auto Scaling groups that use ${group.launchesFrom}.`);
  }
  const version = Version === '$Latest' || Version === '$Default' ? launchedVersion(group) : Number(Version);
  const data = group.templateVersion?.(version);
  if (data === undefined) throw invalid(`The specified launch template version ${Version} does not exist.`);
  if (Preferences.AutoRollback === true && data.ImageId?.startsWith('resolve:ssm:')) {
    throw invalid('AutoRollback is not supported for launch templates with a Systems Manager parameter.');
  }
  return version;
}

function holdToRanges(preferences: RefreshPreferences): void {
  const { MinHealthyPercentage: min, MaxHealthyPercentage: max } = preferences;
  const within = (name: string, value: number | undefined, least: number, most: number) => {
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
      throw invalid(`${name} must be between ${least} and ${most}.`);
    }
  };
  within('MinHealthyPercentage', min, 0, 100);
  within('MaxHealthyPercentage', max, 100, 200);
  if (max !== undefined && min === undefined) {
    throw invalid('MinHealthyPercentage must be specified with MaxHealthyPercentage.');
  }
  if (max !== undefined && min !== undefined && max - min > 100) {
    throw invalid('The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than 100.');
  }
  within('InstanceWarmup', preferences.InstanceWarmup, 0, Number.MAX_SAFE_INTEGER);
  within('CheckpointDelay', preferences.CheckpointDelay, 0, LONGEST_WAIT);
  within('BakeTime', preferences.BakeTime, 0, LONGEST_WAIT);
}

function holdToCheckpoints({ CheckpointPercentages, CheckpointDelay }: RefreshPreferences): void {
  if (CheckpointPercentages === undefined) {
    if (CheckpointDelay !== undefined) throw invalid('CheckpointDelay needs CheckpointPercentages.');
    return;
  }
  const ascending = CheckpointPercentages.every((each, index) => each > (CheckpointPercentages[index - 1] ?? 0));
  if (CheckpointPercentages.length === 0 || !ascending || CheckpointPercentages.some((each) => each > 100)) {
    throw invalid('CheckpointPercentages must be unique, in ascending order, and between 1 and 100.');
  }
}
