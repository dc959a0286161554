import { ModifyInstanceAttributeCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { refusalOf } from './aws-refusal.ts';
import { type Decision, say } from './decision.ts';
import type { StepSubject } from './steps/step.ts';

/** How soon it is looked whether the worker is gone, ms. */
const RECONCILE_AGAIN = 60_000;

/** Terminates a worker in quarantine. Its own protection is lifted first; one that somebody else had set is not. */
export async function terminate({ clients, instanceId, view, quarantine, now, note }: StepSubject): Promise<Decision> {
  const lookAt = now + RECONCILE_AGAIN;
  try {
    // EC2 protects no Spot instance, and would refuse to lift what there is not.
    if (quarantine.saved.terminationProtected === false && view.spot !== true) {
      const change = { InstanceId: instanceId, DisableApiTermination: { Value: false } };
      note('ec2', 'ModifyInstanceAttribute', await clients.ec2.send(new ModifyInstanceAttributeCommand(change)));
    }
    const change = new TerminateInstancesCommand({ InstanceIds: [instanceId] });
    note('ec2', 'TerminateInstances', await clients.ec2.send(change));
    // Recorded, for the calls: that it is about to be terminated was told before they were made.
    return {
      ...say('waiting', 'quarantine-in-progress', 'It is being terminated.', 'terminating'),
      quarantine,
      lookAt,
    };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    // Back to being in quarantine: an operator can ask again, and an expired one is tried again by the sweep.
    return {
      ...say('failed', 'termination-refused', refusal, refusal),
      quarantine: { ...quarantine, phase: 'isolated' },
    };
  }
}
