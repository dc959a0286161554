import { createHash } from 'node:crypto';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { type EKSClient, UpdateNodegroupVersionCommand } from '@aws-sdk/client-eks';
import type { TemplateChange } from '../shared/fleet/launch-template-version.ts';
import { createVersion, type MadeVersion, type TemplateVersion } from '../shared/fleet/launch-templates.ts';
import { codeOf, isOfAws } from '../shared/fleet/reading.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type NodeGroupState, saveNodeGroup, subjectOf, type Upgrade } from '../shared/ledger/node-group-ledger.ts';
import type { AwsCall } from '../shared/records/record.ts';
import type { Circumstances, Decision } from './decision.ts';
import { refusedByEks } from './follow.ts';
import type { Decided } from './plan.ts';
import { afterRefusal } from './refusal.ts';
import { proposedTarget } from './target-version.ts';

export interface StartDeps {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly ledger: Ledger;
}

/** What was decided in the end. */
export interface Ended {
  readonly decision: Decision;
  readonly calls: readonly AwsCall[];
  /** What the ledger holds of the subject by now. */
  readonly saved: NodeGroupState;
}

/** Asks EKS for the update. The intent is saved first: whatever happens next, the following reconcile finds out. */
export async function startUpgrade(
  { eks, ec2, ledger }: StartDeps,
  { observation, decision }: Decided,
  circumstances: Circumstances,
): Promise<Ended> {
  const { key, state, view } = observation;
  const { memory, start } = decision;
  if (memory.upgrade === undefined || start === undefined || view.kind !== 'node-group') {
    throw new Error('Only a decision to start can be carried out here.');
  }
  const { upgrade } = memory;
  const { template } = start;
  let saved: NodeGroupState = { ...state, upgrade };
  await saveNodeGroup(ledger, subjectOf(key), saved, circumstances.now);
  try {
    const made = template && (await makeVersion(ec2, template));
    if (made !== undefined && 'unfit' in made && template?.change.imageId !== undefined) {
      const unfit = { code: 'LaunchTemplateVersion', message: made.unfit };
      return {
        decision: refusedByEks(decision, unfit, { key, need: observation.need, view }, circumstances),
        calls: [],
        saved,
      };
    }
    const version = made !== undefined && 'version' in made ? made : undefined;
    if (version !== undefined) {
      // By its version the update is found again after a crash.
      saved = { ...state, upgrade: { ...upgrade, templateVersion: version.version } };
      await saveNodeGroup(ledger, subjectOf(key), saved, circumstances.now);
    }
    const answer = await eks.send(
      new UpdateNodegroupVersionCommand({
        clusterName: key.cluster,
        nodegroupName: key.nodegroup,
        // EKS refuses version and release of a custom AMI: the launch template says both. Beside a template that names no
        // AMI it takes them, and without a release it would take the newest (EKS API reference, UpdateNodegroupVersion).
        ...(template?.change.imageId === undefined && {
          version: start.version,
          releaseVersion: upgrade.releaseVersion,
        }),
        ...(template !== undefined &&
          version !== undefined && {
            launchTemplate: { id: template.from.templateId, version: String(version.version) },
          }),
        ...(start.force && { force: true }),
        clientRequestToken: tokenOf(view.arn, upgrade),
      }),
    );
    const updateId = answer.update?.id;
    const { obstacle: _, ...begun } = memory;
    return {
      decision: {
        ...decision,
        ...(made !== undefined && 'unfit' in made && keyPairStays(decision, made.unfit)),
        memory: { ...begun, upgrade: { ...(saved.upgrade ?? upgrade), ...(updateId !== undefined && { updateId }) } },
      },
      calls: [
        ...(version === undefined
          ? []
          : [{ service: 'ec2', operation: 'CreateLaunchTemplateVersion', requestId: version.requestId }]),
        { service: 'eks', operation: 'UpdateNodegroupVersion', requestId: answer.$metadata.requestId ?? '' },
      ],
      saved,
    };
  } catch (error) {
    const attempted = { ...decision, memory: { ...memory, upgrade: saved.upgrade ?? upgrade } };
    const refused = afterRefusal(error, attempted, { observation, view, circumstances });
    if (refused === undefined) throw error;
    // What was approved and could not begin is still approved.
    const { proposal } = refused.decision === 'failed' || refused.reason === 'node-group-gone' ? {} : state;
    return { decision: { ...refused, ...(proposal !== undefined && { proposal }) }, calls: [], saved };
  }
}

/**
 * Makes the version that the update moves the node group to. An AMI cannot be moved to without it. Where only the key pair was
 * to go, it stays if EC2 refuses: an upgrade to a release of EKS does not fail for that.
 *
 * @throws EC2's error, where the version is made for an AMI
 */
async function makeVersion(
  ec2: EC2Client,
  { from, change }: { readonly from: TemplateVersion; readonly change: TemplateChange },
): Promise<MadeVersion> {
  try {
    return await createVersion(ec2, from, change);
  } catch (error) {
    if (change.imageId !== undefined || !isOfAws(error)) throw error;
    return { unfit: `EC2 made no version of ${from.templateId} without it (${codeOf(error)}: ${error.message}).` };
  }
}

/** The same start, told as one that leaves the key pair where it is. */
function keyPairStays({ message, details }: Decision, why: string): Pick<Decision, 'message' | 'details'> {
  const { keyPair } = details ?? {};
  return {
    message: `${message} The key pair stays all the same: ${why}`,
    details: { ...details, ...(typeof keyPair === 'object' && { keyPair: { ...keyPair, outcome: 'kept' } }) },
  };
}

/** The same attempt has the same token, so that EKS takes a repetition for what it is. */
const tokenOf = (arn: string, { releaseVersion, kubernetesVersion, attempt }: Upgrade): string => {
  const what = proposedTarget(releaseVersion, kubernetesVersion);
  return createHash('sha256').update(`${arn} ${what} ${attempt}`).digest('hex');
};
