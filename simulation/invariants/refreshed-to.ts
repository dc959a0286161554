import type { CallRecord } from '../../sandbox/account/service.ts';
import { isRecord } from '../../sandbox/wire/json-codec.ts';
import type { Day } from './invariant.ts';

/** The AMI that an instance refresh goes to, by the version of the launch template that it desires. */
export function templateImageOf({ run }: Day, { input }: CallRecord): string | undefined {
  const { DesiredConfiguration: desired } = input;
  const template = isRecord(desired) && isRecord(desired.LaunchTemplate) ? desired.LaunchTemplate : {};
  const { versions } = run.account.fleet.launchTemplates.get(String(template.LaunchTemplateId));
  return versions.find(({ number }) => String(number) === template.Version)?.data.ImageId;
}
