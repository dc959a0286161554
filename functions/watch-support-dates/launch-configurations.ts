import {
  type AutoScalingClient,
  type LaunchConfiguration,
  paginateDescribeLaunchConfigurations,
} from '@aws-sdk/client-auto-scaling';
import pMap from 'p-map';
import { embeddedIn, type UserData } from '../shared/fleet/embedded-authority.ts';
import { type Reading, read } from '../shared/fleet/reading.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { chunks } from '../shared/runtime/chunks.ts';

/** DescribeLaunchConfigurations takes at most 50 names (Auto Scaling API reference). They may come on several pages. */
const NAMES_PER_CALL = 50;

/** What the user data of launch configurations embeds, by name. The user data itself is not kept. */
export async function readLaunchConfigurations(
  autoScaling: AutoScalingClient,
  names: readonly string[],
): Promise<Map<string, Reading<UserData>>> {
  const describe = async (LaunchConfigurationNames: string[]): Promise<Array<[string, Reading<UserData>]>> => {
    const reading = await read(async () => {
      const all: LaunchConfiguration[] = [];
      const pages = paginateDescribeLaunchConfigurations({ client: autoScaling }, { LaunchConfigurationNames });
      for await (const { LaunchConfigurations = [] } of pages) all.push(...LaunchConfigurations);
      return all;
    }, 'tell');
    if (reading.kind !== 'found') return LaunchConfigurationNames.map((name) => [name, reading]);
    // Auto Scaling leaves out names that do not exist.
    const found = new Map(reading.found.map((each) => [each.LaunchConfigurationName, each.UserData ?? '']));
    return LaunchConfigurationNames.map((name) => {
      const userData = found.get(name);
      return [name, userData === undefined ? { kind: 'gone' } : { kind: 'found', found: embeddedIn(userData) }];
    });
  };
  return new Map((await pMap(chunks(names, NAMES_PER_CALL), describe, { concurrency: READ_CONCURRENCY })).flat());
}
