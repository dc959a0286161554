import {
  AuthorizeSecurityGroupIngressCommand,
  type EC2Client,
  type IpPermission,
  ModifySubnetAttributeCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { refusalOf } from '../shared/aws-refusal.ts';
import { type ExposedGroupState, saveExposedGroup } from '../shared/exposed-group-ledger.ts';
import type { Ledger } from '../shared/ledger.ts';
import { subjectOf } from '../shared/node-group-ledger.ts';
import type { AwsCall } from '../shared/record.ts';
import type { Recorder } from '../shared/recorder.ts';
import { type GroupDecision, say } from './decision.ts';
import type { DecidedGroup } from './plan.ts';
import { noteInto } from './steps/step.ts';

export interface HardenDeps {
  readonly ec2: EC2Client;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
}

type Closed = NonNullable<ExposedGroupState['closed']>;

/**
 * Reports a group that is public by design, once; closes its way in, or opens it again, where that was decided. What is
 * closed is saved before, so that it can be given back rule by rule.
 */
export async function carryOutGroup(deps: HardenDeps, { observation, decision }: DecidedGroup): Promise<void> {
  if (decision.silent === true) return;
  const { key, trigger, state } = observation;
  const calls: AwsCall[] = [];
  let { closed, leftOpen } = state;
  let told: Omit<GroupDecision, 'publicByDesign'> = decision;
  try {
    if (decision.harden !== undefined) {
      closed = withClosed(closed, decision.harden);
      await saveExposedGroup(deps.ledger, subjectOf(key), { ...state, closed });
      await close(deps.ec2, decision.harden, calls);
    }
    if (decision.restore === true && closed !== undefined) {
      await open(deps.ec2, closed, calls);
      closed = undefined;
      leftOpen = true;
    }
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    told = say('failed', 'quarantine-incomplete', `${decision.message} AWS refused it: ${refusal}`, refusal);
  }
  const fingerprint = `${told.reason} ${told.variant}`.trim();
  const isNew = fingerprint !== state.fingerprint;
  const outcomes = state.outcomes + (isNew ? 1 : 0);
  if (isNew || (trigger.redelivered && state.trigger === trigger.id)) {
    deps.recorder.record({
      subject: key,
      decision: told.decision,
      reason: told.reason,
      message: told.message,
      trigger,
      fingerprint: `${outcomes} ${fingerprint}`,
      correlationId: trigger.id,
      calls,
      ...(told.details !== undefined && { details: told.details }),
    });
  }
  if (!isNew && decision.harden === undefined && decision.restore === undefined) return;
  await saveExposedGroup(deps.ledger, subjectOf(key), {
    fingerprint,
    outcomes,
    trigger: trigger.id,
    ...(closed !== undefined && { closed }),
    ...(leftOpen !== undefined && { leftOpen }),
  });
}

async function close(ec2: EC2Client, { ingress, subnets }: Closing, calls: AwsCall[]): Promise<void> {
  const note = noteInto(calls);
  for (const { groupId, permissions } of ingress) {
    const change = { GroupId: groupId, IpPermissions: [...permissions] };
    note('ec2', 'RevokeSecurityGroupIngress', await ec2.send(new RevokeSecurityGroupIngressCommand(change)));
  }
  for (const subnet of subnets) note('ec2', 'ModifySubnetAttribute', await mapPublicAddresses(ec2, subnet, false));
}

type Closing = NonNullable<GroupDecision['harden']>;

async function open(ec2: EC2Client, { ingress, subnets }: Closed, calls: AwsCall[]): Promise<void> {
  const note = noteInto(calls);
  for (const { groupId, permissions } of ingress) {
    for (const permission of permissions) {
      try {
        const change = { GroupId: groupId, IpPermissions: [permission as IpPermission] };
        note('ec2', 'AuthorizeSecurityGroupIngress', await ec2.send(new AuthorizeSecurityGroupIngressCommand(change)));
      } catch (error) {
        // Somebody has given it back already.
        if (!(error instanceof Error) || error.name !== 'InvalidPermission.Duplicate') throw error;
      }
    }
  }
  for (const subnet of subnets) note('ec2', 'ModifySubnetAttribute', await mapPublicAddresses(ec2, subnet, true));
}

const mapPublicAddresses = (ec2: EC2Client, SubnetId: string, Value: boolean) =>
  ec2.send(new ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value } }));

/** What was closed before and what is closed now, each once. */
function withClosed(before: ExposedGroupState['closed'], { ingress, subnets }: Closing): Closed {
  const added = ingress.map(({ groupId, permissions }) => ({
    groupId,
    permissions: permissions.map(
      (permission) => ({ ...permission }) as Closed['ingress'][number]['permissions'][number],
    ),
  }));
  return {
    ingress: [...(before?.ingress ?? []), ...added].filter(isFirst),
    subnets: [...new Set([...(before?.subnets ?? []), ...subnets])],
  };
}

const isFirst = <Value>(value: Value, index: number, all: readonly Value[]): boolean =>
  all.findIndex((each) => JSON.stringify(each) === JSON.stringify(value)) === index;
