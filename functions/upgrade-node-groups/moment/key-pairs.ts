import { followedInWords } from '../../shared/fleet/template-followers.ts';
import { codeOwnerOf, operatedInWords } from '../../shared/fleet/template-owner.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import { covers } from '../../shared/posture/waivers.ts';
import { listed } from '../../shared/text/listed.ts';
import type { Decision } from '../model/decision.ts';
import type { Agents, KeyPairSeen } from '../model/preflight.ts';
import type { Policy } from '../policy.ts';
import type { Moment } from './moment.ts';

/** The check of posture that an upgrade without the key pair cures. */
const CHECK = 'SSH.2';

/**
 * What an upgrade that starts does about the key pair: a sentence for its record, and the template's change, if any.
 */
export interface KeyPairWords {
  /** A sentence that begins with a blank, or nothing. */
  readonly message: string;
  readonly details?: NonNullable<Decision['details']>;
  readonly template?: NonNullable<NonNullable<Decision['start']>['template']>;
}

const NOTHING: KeyPairWords = { message: '' };

/**
 * Whether an upgrade may leave the key pair of its node group out, as far as the policy says. More is looked at before
 * a start.
 */
export const mayLeaveKeyPairOut = (moment: Pick<Moment, 'view' | 'upgrades' | 'attempt' | 'deferral'>): boolean =>
  moment.view.launchTemplate !== undefined && moment.upgrades.keyPairs.mode === 'enforce' && isFirstTry(moment);

/** Whether an upgrade to a release was never asked for: EKS has refused none, and none has failed. */
export const isFirstTry = ({ attempt, deferral }: Pick<Moment, 'attempt' | 'deferral'>): boolean =>
  attempt === 1 && deferral === undefined;

/**
 * Whether an upgrade that starts moves the node group to a version of its launch template without the key pair. Nobody
 * may be locked out: the upgrade does so only where Session Manager leads to each node. A key must never keep a release
 * from being tried: the upgrade does so only with the first attempt at a release.
 *
 * @param when `isApproved`: whether the key pair is part of what was approved, or nothing has to be
 */
export function withoutKeyPair(
  key: NodeGroupKey,
  seen: KeyPairSeen | undefined,
  { upgrades: { keyPairs }, posture }: Pick<Policy, 'upgrades' | 'posture'>,
  when: {
    readonly now: number;
    readonly isFirstTry: boolean;
    readonly isApproved: boolean;
    readonly groupTags: Readonly<Record<string, string>>;
  },
): KeyPairWords {
  const { now, isFirstTry, isApproved } = when;
  if (seen === undefined || keyPairs.mode === 'off') return NOTHING;
  if (seen.kind === 'unreadable')
    return { message: ` Whether its launch template names a key pair could not be read (${seen.code}).` };
  const { keyName, template, followers = [], agents } = seen;
  const { templateId, templateName, version, tags } = template;
  const details = (outcome: 'left-out' | 'would-be-left-out' | 'kept') => ({
    keyPair: { keyName, launchTemplateId: templateId, formerVersion: version, outcome },
  });
  const named = `version ${version} of its launch template ${templateName} (${templateId}) names the key pair ${keyName}`;
  const kept = (why: string): KeyPairWords => ({
    message: ` New nodes get a key pair, since ${named}: ${why}`,
    details: details('kept'),
  });
  const waiver = posture.waivers.find((one) => covers(one, CHECK, key, now));
  if (waiver !== undefined) return kept(`waiver ${waiver.id} of the policy lets it be.`);
  const operated = operatedInWords(template);
  if (operated !== undefined) return kept(operated);
  const ofTemplate = codeOwnerOf(tags);
  const owner = ofTemplate ?? codeOwnerOf(when.groupTags);
  const byHand = `Make a version like ${version} without KeyName there, and update the node group with it.`;
  if (owner !== undefined)
    return kept(
      `the ${ofTemplate === undefined ? 'node group' : 'template'} is managed by ${owner}, where a version of ours would be drift. ${byHand}`,
    );
  if (keyPairs.templates === 'propose')
    return kept(
      `no tag says who manages the template, and the policy lets no such template be changed (upgrades.keyPairs.templates). ${byHand}`,
    );
  if (followers.length > 0)
    return kept(`${followedInWords(followers, templateId)}, and a version without it would come there as well.`);
  const locked = lockedOut(agents);
  if (locked !== undefined) return kept(`${locked}, and without it nobody might get in.`);
  if (!isFirstTry) return kept('a try to move to this release did not succeed, so that this one changes nothing else.');
  if (keyPairs.mode === 'observe')
    return {
      message: ` In mode enforce (upgrades.keyPairs.mode), new nodes would get no key pair: ${named}.`,
      details: details('would-be-left-out'),
    };
  if (!isApproved)
    return kept(
      'the approval is of the upgrade alone. It was given when the policy let the key pair be (upgrades.keyPairs.mode).',
    );
  return {
    message: ` New nodes get no key pair: ${named}, and a version like it without KeyName is made. The way back is version ${version}.`,
    details: details('left-out'),
    template: { from: template, change: { withoutKeyPair: true } },
  };
}

/** Why Session Manager may not lead to the nodes; undefined where Session Manager leads to each of them. */
function lockedOut(agents: Agents): string | undefined {
  if (agents.kind === 'unreadable')
    return `whether the SSM agent answers on its nodes could not be read (${agents.code})`;
  if (agents.nodes === 0) return 'it has no node in service by which to tell whether the SSM agent answers';
  if (agents.silent.length === 0) return undefined;
  return `the SSM agent of ${listed(agents.silent)} does not answer, or has no connection for sessions`;
}
