import { type AutoScalingClient, StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { createVersion } from '../../shared/fleet/launch-templates.ts';
import type { Refresh, RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import { type Acted, type Decision, failedWith, isActive, say } from '../model/decision.ts';
import { isBegunHere } from '../model/known-refresh.ts';
import type { Observation } from '../model/observation.ts';
import { preferencesOf } from '../model/preferences.ts';
import { readRefreshes } from '../observe/read-group.ts';
import type { Policy } from '../policy.ts';

export interface StartClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
}

export interface Acting {
  readonly policy: Policy['refreshes'];
  readonly now: number;
  /** Saves what is about to be done, as far as it is known. @returns whether nobody else has written meanwhile */
  readonly intend: (intent: Intent) => Promise<boolean>;
}

/** What the ledger remembers before AWS is asked, so that the next look finds out what became of it. */
export type Intent = { readonly refresh: Refresh } | { readonly pinning: NonNullable<RefreshState['pinning']> };

/** The proposal after AWS refused an act: an approval is used up, and a rejection stands. */
export const leftOf = ({ state: { proposal } }: Observation): Pick<Decision, 'proposal'> =>
  proposal?.ruling?.kind === 'approved' ? {} : { proposal };

/**
 * Makes a version of the launch template where none with the AMI exists, and begins the refresh. A repetition makes the
 * same version. The version is saved before the refresh begins, so that a repetition finds its own refresh by it,
 * however late.
 */
export async function startRefresh(
  { autoScaling, ec2 }: StartClients,
  observation: Observation,
  { refresh, ...decision }: Decision & { readonly refresh: Refresh },
  { policy, now, intend }: Acting,
): Promise<Acted | undefined> {
  const { group, template } = observation;
  if (group.source.kind !== 'version') throw new Error('Only a group on a numbered version is refreshed.');
  const calls: AwsCall[] = [];
  let { version } = refresh;
  if (version === undefined && template?.data.ImageId === refresh.target) version = group.source.version;
  if (version === undefined) {
    if (template === undefined) throw new Error('A version is made only of a template that was read.');
    const made = await createVersion(ec2, template, { imageId: refresh.target });
    if ('unfit' in made) {
      const told = say('failed', 'refresh-refused', made.unfit, `${refresh.target} unfit`);
      const setback = { cause: 'TemplateUnfit', at: now };
      return {
        decision: { ...told, memory: failedWith(decision.memory, refresh, setback), ...leftOf(observation) },
        calls,
      };
    }
    calls.push({ service: 'ec2', operation: 'CreateLaunchTemplateVersion', requestId: made.requestId });
    version = String(made.version);
  }
  if (version !== refresh.version && !(await intend({ refresh: { ...refresh, version } }))) return undefined;
  const begun = (refreshId: string | undefined): Acted => ({
    decision: {
      ...decision,
      memory: {
        ...decision.memory,
        refresh: { ...refresh, version, ...(refreshId !== undefined && { refreshId, takenAt: now }) },
      },
    },
    calls,
  });
  const AutoScalingGroupName = group.name;
  try {
    const { InstanceRefreshId, $metadata } = await autoScaling.send(
      new StartInstanceRefreshCommand({
        AutoScalingGroupName,
        Strategy: 'Rolling',
        DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: group.source.templateId, Version: version } },
        Preferences: preferencesOf(policy, refresh),
      }),
    );
    calls.push({ service: 'autoscaling', operation: 'StartInstanceRefresh', requestId: $metadata.requestId ?? '' });
    return begun(InstanceRefreshId);
  } catch (error) {
    if (!(error instanceof Error) || !/^InstanceRefreshInProgress/.test(error.name)) throw error;
    const refreshes = await readRefreshes(autoScaling, AutoScalingGroupName);
    const active = refreshes.find(({ status }) => isActive(status));
    if (active === undefined || isBegunHere(active, { ...refresh, version })) return begun(active?.id);
    const { refresh: _, ...memory } = decision.memory;
    const same = active.version === version ? ' It goes to the same version.' : '';
    const message = `Refresh ${active.id} is ${active.status}, which was not begun here.${same}`;
    const told = say('waiting', 'foreign-refresh', message, active.id);
    return { decision: { ...decision, ...told, memory, proposal: observation.state.proposal }, calls };
  }
}
