import { createHash } from 'node:crypto';
import type { EC2Client } from '@aws-sdk/client-ec2';
import {
  type EKSClient,
  UpdateNodegroupVersionCommand,
  type UpdateNodegroupVersionCommandInput,
} from '@aws-sdk/client-eks';
import type { TemplateChange } from '../../shared/fleet/launch-template-version.ts';
import { createVersion, type MadeVersion, type TemplateVersion } from '../../shared/fleet/launch-templates.ts';
import type { NodeGroupState, SaveNodeGroup, Upgrade } from '../../shared/ledger/node-group-ledger.ts';
import { codeOf, isOfAws } from '../../shared/runtime/aws-error.ts';
import { refusedByEks } from '../decide/follow.ts';
import { afterRefusal, isCertainRefusal } from '../decide/refusal.ts';
import type { Circumstances, Decision, Ended } from '../model/decision.ts';
import { proposedTarget } from '../model/target-version.ts';
import type { Decided } from '../plan/plan.ts';
import { failing } from './failing.ts';

export interface StartDeps {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly save: SaveNodeGroup;
}

type Start = NonNullable<Decision['start']>;

/**
 * Asks EKS for the update. The intent is saved first: whatever happens next, the following reconcile finds out. No
 * upgrade fails for a key pair: where EC2 or EKS refuses the version without the key pair, the same upgrade is asked
 * for with it.
 */
export async function startUpgrade(
  deps: StartDeps,
  { observation, decision }: Decided,
  circumstances: Circumstances,
): Promise<Ended> {
  const { eks, ec2, save } = deps;
  const { key, state, view, need } = observation;
  const { memory, start } = decision;
  if (memory.upgrade === undefined || start === undefined || view.kind !== 'node-group') {
    throw new Error('Only a decision to start can be carried out here.');
  }
  const { upgrade } = memory;
  const { template } = start;
  const leavesKeyPairOut = template?.change.withoutKeyPair === true;
  const withKeyPair = (why: string) =>
    startUpgrade(deps, { observation, decision: keyPairStays({ ...decision, start }, why) }, circumstances);
  const refused = (error: unknown, known: NodeGroupState): Ended => {
    const attempted = { ...decision, memory: { ...memory, upgrade: known.upgrade ?? upgrade } };
    const refusal = afterRefusal(error, attempted, { observation, view, circumstances });
    if (refusal === undefined) {
      if (isOfAws(error)) return failing(error, known, circumstances.now);
      throw error;
    }
    // An approved upgrade that could not begin is still approved. Once it has failed, only an approval of a later
    // upgrade stands.
    const ruled = refusal.decision === 'failed' ? decision : state;
    const { proposal } = refusal.reason === 'node-group-gone' ? {} : ruled;
    return { decision: { ...refusal, ...(proposal !== undefined && { proposal }) }, calls: [], saved: known };
  };
  let saved = await save({ ...state, upgrade });
  let made: MadeVersion | undefined;
  try {
    made = template && (await makeVersion(ec2, template));
  } catch (error) {
    return refused(error, saved);
  }
  if (made !== undefined && 'unfit' in made) {
    if (leavesKeyPairOut) return withKeyPair(made.unfit);
    const unfit = { code: 'LaunchTemplateVersion', message: made.unfit };
    return { decision: refusedByEks(decision, unfit, { key, need, view }, circumstances), calls: [], saved };
  }
  if (made !== undefined) {
    // The version lets a reconcile find the update again after a crash. An error of the ledger says nothing of EKS.
    saved = await save({ ...state, upgrade: { ...upgrade, templateVersion: made.version, ...formerOf(template) } });
  }
  try {
    const answer = await eks.send(
      new UpdateNodegroupVersionCommand(inputOf(observation, view.arn, start, saved.upgrade ?? upgrade)),
    );
    const calls = [
      ...(made === undefined
        ? []
        : [{ service: 'ec2', operation: 'CreateLaunchTemplateVersion', requestId: made.requestId }]),
      { service: 'eks', operation: 'UpdateNodegroupVersion', requestId: answer.$metadata.requestId ?? '' },
    ];
    const updateId = answer.update?.id;
    const { obstacle: _, nextObstacle: __, ...begun } = memory;
    const known = { ...(saved.upgrade ?? upgrade), ...(updateId !== undefined && { updateId }) };
    return { decision: { ...decision, memory: { ...begun, upgrade: known } }, calls, saved };
  } catch (error) {
    const { templateVersion } = saved.upgrade ?? {};
    if (leavesKeyPairOut && templateVersion !== undefined && isCertainRefusal(error)) {
      return withKeyPair(
        `EKS does not take version ${templateVersion} of ${template.from.templateId}, which was made without it and stays unused (${codeOf(error)}: ${error.message}).`,
      );
    }
    return refused(error, saved);
  }
}

/** @param upgrade with the version of the launch template, where one was made for it */
function inputOf(
  { key, state: { proposal } }: Pick<Decided['observation'], 'key' | 'state'>,
  arn: string,
  { template, version, force }: Start,
  upgrade: Upgrade,
): UpdateNodegroupVersionCommandInput {
  const { releaseVersion, templateVersion } = upgrade;
  return {
    clusterName: key.cluster,
    nodegroupName: key.nodegroup,
    // EKS refuses version and release of a custom AMI: the launch template says both. Beside a template that names no
    // AMI, EKS takes both. Without a release EKS would take the newest one (EKS API reference, UpdateNodegroupVersion).
    ...(template?.change.imageId === undefined && { version, releaseVersion }),
    ...(template !== undefined &&
      templateVersion !== undefined && {
        launchTemplate: { id: template.from.templateId, version: String(templateVersion) },
      }),
    ...(force && { force: true }),
    clientRequestToken: tokenOf(arn, version, upgrade, proposal?.ruling?.id),
  };
}

/**
 * Makes the version of the launch template that the update moves the node group to. A move to another AMI needs that
 * version, and a key pair can stay without one.
 *
 * @throws EC2's error, where the version was to have the key pair of the former one
 */
async function makeVersion(
  ec2: EC2Client,
  { from, change }: { readonly from: TemplateVersion; readonly change: TemplateChange },
): Promise<MadeVersion> {
  try {
    return await createVersion(ec2, from, change);
  } catch (error) {
    if (change.withoutKeyPair !== true || !isOfAws(error)) throw error;
    return { unfit: `EC2 made no version of ${from.templateId} without it (${codeOf(error)}: ${error.message}).` };
  }
}

/** What a version of the launch template moves the node group from; empty where it brings no other AMI. */
const formerOf = (template: Start['template']): Pick<Upgrade, 'former'> => {
  const { from, change: { imageId } = {} } = template ?? {};
  const former = from?.data.ImageId;
  if (from === undefined || former === undefined || imageId === undefined || imageId === former) return {};
  return { former: { templateId: from.templateId, imageId: former } };
};

/** The same start, told and carried out as one that leaves the key pair where it is. */
function keyPairStays(decision: Decision & { readonly start: Start }, why: string): Decision {
  const { keyPair } = decision.details ?? {};
  const { template, ...plain } = decision.start;
  const { imageId } = template?.change ?? {};
  return {
    ...decision,
    message: `${decision.message} The key pair stays all the same: ${why}`,
    details: { ...decision.details, ...(typeof keyPair === 'object' && { keyPair: { ...keyPair, outcome: 'kept' } }) },
    start: {
      ...plain,
      ...(template !== undefined && imageId !== undefined && { template: { ...template, change: { imageId } } }),
    },
  };
}

/**
 * The same attempt by the same version has the same token, so that EKS recognizes a repetition. An upgrade that was undone
 * and is approved again has another one: EKS would answer with the update that has ended.
 *
 * @param approval id of the operator's ruling, where there is one
 */
const tokenOf = (
  arn: string,
  version: string,
  { releaseVersion, attempt, templateVersion, replaces }: Upgrade,
  approval: string | undefined,
): string => {
  const parts = [arn, proposedTarget(releaseVersion, version, replaces), attempt, templateVersion, replaces, approval];
  return createHash('sha256')
    .update(parts.filter((part) => part !== undefined).join(' '))
    .digest('hex');
};
