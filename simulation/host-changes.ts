import type { Instance } from '../sandbox/account/ec2/instance.ts';
import type { NodeInput } from '../sandbox/account/ssm/node-systems.ts';
import type { Run } from '../sandbox/play.ts';
import { flawsOf, hostWith, type WayIn } from './scenario/flawed-hosts.ts';
import type { Group } from './scenario/fleet.ts';
import { nthOf } from './scenario/nth-of.ts';
import type { HostChange } from './scenario/parts/posture.ts';
import type { Shells } from './scenario/parts/shells.ts';
import type { Scenario } from './scenario/scenario.ts';

/** The instances of a node group that run. */
const membersOf = ({ cluster, nodeGroup }: Group, { account }: Run): Instance[] =>
  account.fleet.instances
    .list()
    .filter(
      ({ state, tags }) =>
        state === 'running' && tags.get('eks:cluster-name') === cluster && tags.get('eks:nodegroup-name') === nodeGroup,
    );

const wayOf = ({ cluster, nodeGroup }: Group, { shells }: Scenario): WayIn | undefined =>
  shells?.groups.find((one) => one.cluster === cluster && one.nodeGroup === nodeGroup)?.way;

/** Gives an instance a host of its own. What scripts have changed there is as it was. */
const give = (instance: Instance, host: NodeInput | undefined): void => {
  Object.assign(instance, { commands: { ...instance.commands, host } });
};

/** Gives hosts other flaws. Ways in are as they were at their launch. */
export function changeHosts({ flaws, index, ...group }: HostChange, scenario: Scenario, run: Run): void {
  const host = hostWith(flaws, wayOf(group, scenario));
  const members = membersOf(group, run);
  if (index !== undefined) {
    const one = nthOf(members, index);
    if (one !== undefined) give(one, host);
    return;
  }
  for (const each of members) give(each, host);
  const { hosts } =
    run.account.fleet.eks.nodeGroupsOf(group.cluster).find(({ name }) => name === group.nodeGroup) ?? {};
  if (hosts !== undefined) hosts.commands.host = host;
}

/** Writes the keys of one host again, as they were at its launch. */
export function writeKeys({ index, ...group }: Shells['writes'][number], scenario: Scenario, run: Run): void {
  const members = membersOf(group, run);
  const one = nthOf(members, index);
  if (one === undefined) return;
  give(one, hostWith([...flawsOf(run.account.fleet.commands.hostOf(one))], wayOf(group, scenario)));
}

/** What operators rule on: what is proposed, and for a rejection what was done, too. */
const RULED_ON = {
  approve: /^would-close-shells$/,
  reject: /^(would-close-shells|shells-being-closed|shells-closed)$/,
};

/** The worker that a ruling is about; undefined where it makes sense for none. */
export function requestAboutShells({ action, index }: Shells['rulings'][number], { records }: Run): string | undefined {
  const last = new Map<string, string>();
  for (const { remediation, instance, reason } of records) {
    if (remediation === 'close-shells' && instance !== undefined) last.set(instance, reason);
  }
  const fitting = [...last].filter(([, reason]) => RULED_ON[action].test(reason));
  return nthOf(fitting, index)?.[0];
}
