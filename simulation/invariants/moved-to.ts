import type { Update } from '@aws-sdk/client-eks';
import type { CallRecord } from '../../sandbox/account/service.ts';
import { isRecord } from '../../sandbox/wire/json-codec.ts';
import type { Day } from './invariant.ts';

/** The AMI that a version of a launch template names. */
function imageIn({ run }: Day, id: unknown, version: unknown): string | undefined {
  const { versions } = run.account.fleet.launchTemplates.get(String(id));
  return versions.find(({ number }) => String(number) === version)?.data.ImageId;
}

/** The AMI that an instance refresh goes to, by the version of the launch template that it desires. */
export function templateImageOf(day: Day, { input }: CallRecord): string | undefined {
  const { DesiredConfiguration: desired } = input;
  const template = isRecord(desired) && isRecord(desired.LaunchTemplate) ? desired.LaunchTemplate : {};
  return imageIn(day, template.LaunchTemplateId, template.Version);
}

/** The release that a call of UpdateNodegroupVersion moves a node group to, or the AMI of its owner. */
export function releaseOf(day: Day, { input }: CallRecord): string {
  const { releaseVersion, launchTemplate } = input;
  if (releaseVersion !== undefined || !isRecord(launchTemplate)) return String(releaseVersion);
  return imageIn(day, launchTemplate.id, launchTemplate.version) ?? '';
}

/** The releases and AMIs that an update of a node group brings. */
export function releasesOf(
  day: Day,
  { params = [] }: Pick<Update, 'params'>,
  templateId: string | undefined,
): string[] {
  const version = params.find(({ type }) => type === 'LaunchTemplateVersion')?.value;
  const image = version === undefined || templateId === undefined ? undefined : imageIn(day, templateId, version);
  return [...params.flatMap(({ value }) => value ?? []), ...(image === undefined ? [] : [image])];
}
