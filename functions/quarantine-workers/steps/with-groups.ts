import type { EC2Client } from '@aws-sdk/client-ec2';
import { sortOrThrow } from '../../shared/runtime/aws-error.ts';
import { vpcsOf } from '../exposure/interface-view.ts';
import { isUnknownYet } from '../model/aws-refusal.ts';
import type { Quarantine } from '../model/quarantine-ledger.ts';
import type { GroupFinder } from './group-finder.ts';
import { type QuarantineGroups, quarantineGroups } from './quarantine-groups.ts';
import type { StepSubject } from './step.ts';

interface GroupDeps {
  readonly ec2: EC2Client;
  readonly stackName: string;
  readonly groupFinder: GroupFinder;
}

/** The step of which a quarantine notes that a VPC takes no group. */
const noteOf = (vpcId: string, ofInstance: string): string =>
  vpcId === ofInstance ? 'security-groups' : `security-groups ${vpcId}`;

/** Why a quarantine has no security groups for the interfaces in a VPC; undefined where EC2 does not know them yet. */
export const whyUnmade = ({ notes, vpcId: ofInstance }: Quarantine, vpcId = ofInstance): string | undefined =>
  notes[noteOf(vpcId, ofInstance)];

/**
 * Adds the security groups of the VPCs of its interfaces to a quarantine, before the worker is touched; undefined where
 * EC2 does not know those of its own VPC everywhere yet. What EC2 refuses for good is noted: the interfaces of that VPC
 * stay as they are, and all else is done. So is what it does not do for now once another delivery has failed, too.
 *
 * @throws what EC2 does not do for now, at the first delivery
 */
export async function withGroups(
  { ec2, stackName, groupFinder }: GroupDeps,
  {
    view,
    policy,
    note,
    redelivered,
  }: Pick<StepSubject, 'view' | 'policy' | 'note'> & { readonly redelivered: boolean },
  quarantine: Quarantine,
): Promise<Quarantine | undefined> {
  const { vpcId: ofInstance } = view;
  const vpcIds = vpcsOf(view);
  const { ...notes } = quarantine.notes;
  const make = async (vpcId: string): Promise<QuarantineGroups | undefined> => {
    try {
      const made = await quarantineGroups(ec2, stackName, { view: { vpcId }, policy, note }, groupFinder);
      delete notes[noteOf(vpcId, ofInstance)];
      return made;
    } catch (error) {
      if (isUnknownYet(error)) return undefined;
      const { kind, why } = sortOrThrow(error);
      if (kind !== 'refused' && !redelivered) throw error;
      notes[noteOf(vpcId, ofInstance)] = why;
      return undefined;
    }
  };
  const [own, ...others] = await Promise.all(vpcIds.map(make));
  if (own?.shortfall !== undefined) notes['systems-manager'] = own.shortfall;
  if (own === undefined && notes[noteOf(ofInstance, ofInstance)] === undefined) return undefined;
  const pairs = others.flatMap((made, index) => {
    const vpcId = vpcIds[index + 1];
    return made === undefined || vpcId === undefined ? [] : [[vpcId, pairOf(made)] as const];
  });
  const ofOtherVpcs = { ...quarantine.groups?.ofOtherVpcs, ...Object.fromEntries(pairs) };
  const pair = own === undefined ? quarantine.groups : pairOf(own);
  const groups = pair && { ...pair, ...(Object.keys(ofOtherVpcs).length > 0 && { ofOtherVpcs }) };
  return { ...quarantine, ...(groups !== undefined && { groups }), notes };
}

const pairOf = ({ untracking, closed }: QuarantineGroups) => ({ untracking, closed });
