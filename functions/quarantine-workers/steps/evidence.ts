import {
  CreateSnapshotsCommand,
  DescribeInstanceAttributeCommand,
  ModifyInstanceAttributeCommand,
  paginateDescribeSnapshots,
} from '@aws-sdk/client-ec2';
import { iso } from '../../shared/runtime/clock.ts';
import { attempt, type StepReport, type StepSubject } from './step.ts';

const SNAPSHOT_OF = 'eks-host-remediator:snapshot-of';

/** EC2 answers `UnsupportedOperation`. Source: EC2 user guide, "Change instance termination protection". */
const NO_SPOT = 'EC2 protects no Spot instance from termination.';

/** Protects the worker from termination, so that evidence is not lost by mistake. */
export const protectFromTermination = (subject: StepSubject): Promise<StepReport> =>
  attempt('termination-protection', async () => {
    const { clients, instanceId, view, quarantine, policy, save, note } = subject;
    if (!policy.terminationProtection) return { outcome: 'skipped', note: 'The policy does not ask for it.' };
    if (view.spot === true) return { outcome: 'skipped', note: NO_SPOT };
    const asked = new DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute: 'disableApiTermination' });
    const { DisableApiTermination } = await clients.ec2.send(asked);
    const isProtected = DisableApiTermination?.Value === true;
    if (quarantine.saved.terminationProtected === undefined) {
      await save({ saved: { ...quarantine.saved, terminationProtected: isProtected } });
    }
    if (isProtected) return { outcome: 'done' };
    const change = { InstanceId: instanceId, DisableApiTermination: { Value: true } };
    note('ec2', 'ModifyInstanceAttribute', await clients.ec2.send(new ModifyInstanceAttributeCommand(change)));
    return { outcome: 'done' };
  });

/**
 * Takes snapshots of all volumes at the same moment. CreateSnapshots has no idempotency token, so the snapshots are
 * labelled with their quarantine, and existing ones are looked up first. EC2 completes them by itself.
 */
export const takeSnapshots = (subject: StepSubject): Promise<StepReport> =>
  attempt('snapshots', async () => {
    const { clients, instanceId, quarantine, policy, note } = subject;
    if (!policy.snapshots) return { outcome: 'skipped', note: 'The policy does not ask for them.' };
    const label = `${instanceId} ${iso(quarantine.startedAt)}`;
    const Filters = [{ Name: `tag:${SNAPSHOT_OF}`, Values: [label] }];
    for await (const page of paginateDescribeSnapshots({ client: clients.ec2 }, { OwnerIds: ['self'], Filters })) {
      if ((page.Snapshots ?? []).length > 0) return { outcome: 'done' };
    }
    const answer = await clients.ec2.send(
      new CreateSnapshotsCommand({
        Description: `EKS Host Remediator: quarantine of ${instanceId}`,
        InstanceSpecification: { InstanceId: instanceId },
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: SNAPSHOT_OF, Value: label }] }],
      }),
    );
    note('ec2', 'CreateSnapshots', answer);
    return { outcome: 'done', note: (answer.Snapshots ?? []).map(({ SnapshotId }) => SnapshotId).join(', ') };
  });
