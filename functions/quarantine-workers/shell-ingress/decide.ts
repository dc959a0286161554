import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { type Mode, stricter } from '../../shared/policy/mode.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { placeOfWorker, policyAt } from '../../shared/policy/policy-at.ts';
import type { Notified } from '../act/harden.ts';
import { ruleInWords } from '../decide/exposure-text.ts';
import { keepersAmongWorkers, keepersOfSecurityGroup, type LeftOpen, leftOpenInWords } from '../decide/sharing.ts';
import { type Circumstances, say } from '../model/decision.ts';
import { circumstancesOfGroup, guardOf } from '../model/guards.ts';
import type { NetworkUser } from '../model/observation.ts';
import { READS } from '../policy.ts';
import type { ShellIngress } from './observe.ts';

const WHAT = 'public addresses in at 22 or 3389';

/**
 * Decides about rules that let public addresses in at the ports of shells; a pure function. A rule goes only where
 * every worker behind it has an SSM agent that answers, and where policy, waivers and operators allow it for every
 * group.
 */
export function decideShellIngress(group: ShellIngress, anywhere: Pick<Circumstances, 'policy' | 'account'>): Notified {
  const { key, state, rules, wide, users, answering } = group;
  const { policy, account } = circumstancesOfGroup(group, anywhere);
  const ended = say('done', 'shell-ingress-ended', `No rule of its security groups lets ${WHAT}.`);
  const mode = shellIngressMode(group, anywhere);
  if (isInvalid(policy) || mode === 'off') return { ...ended, silent: true };
  if (rules.length + wide.length === 0) return { ...ended, silent: state.shellIngress === undefined };
  const inWords = [...rules.map(({ groupId, permissions }) => ruleInWords(groupId, permissions)), ...wide].join('; ');
  if (state.leftOpen === true) {
    const message = `${inWords} lets ${WHAT}. An operator had what was closed of the group given back.`;
    return say('skipped', 'shell-ingress-left-open', message, inWords);
  }
  const reach = { scope: policy.scope, account };
  const left = rules.flatMap(({ groupId }): LeftOpen[] => {
    const known = users.get(groupId);
    const keepers = known && [
      ...keepersOfSecurityGroup(known, key.cluster, reach),
      ...keepersAmongWorkers(known, (worker) => unlike(worker, group, mode, anywhere)),
      ...silentOf(known, answering),
    ];
    return keepers?.length === 0 ? [] : [{ id: groupId, users: keepers ?? [] }];
  });
  const free = rules.filter(({ groupId }) => !left.some(({ id }) => id === groupId));
  const stays = [
    leftOpenInWords(left, group),
    ...wide.map((rule) => `${rule} opens other ports too, and is left to you.`),
  ];
  const variant = [...left.map(({ id }) => id), ...wide].join(' ');
  const sentences = (...all: readonly string[]) => [...all, ...stays].filter((each) => each !== '').join(' ');
  if (free.length === 0) return say('refused', 'shell-ingress-stays', sentences(`${inWords} lets ${WHAT}.`), variant);
  const closed = free.map(({ groupId, permissions }) => ruleInWords(groupId, permissions)).join('; ');
  const told = `${closed} ${mode === 'enforce' ? 'let' : 'lets'} ${WHAT}.`;
  if (mode === 'observe') {
    const message = sentences(`${told} The SSM agent of every worker behind it answers.`);
    return say('would-act', 'would-close-shell-ingress', message, `${closed} ${variant}`);
  }
  const message = sentences(`${told} Revoked: the SSM agent of every worker behind it answers.`);
  return {
    ...say('acted', 'shell-ingress-closed', message, `${closed} ${variant}`),
    harden: { ingress: free, subnets: [] },
    about: sentences(told),
  };
}

/** Why a worker keeps the rules although its group does not; undefined where it does not keep them. */
function unlike(
  worker: Extract<NetworkUser, { kind: 'worker' }>,
  { key, waived, leftOpen }: Pick<ShellIngress, 'key' | 'waived' | 'leftOpen'>,
  mode: Mode,
  { policy }: Pick<Circumstances, 'policy'>,
): string | undefined {
  const { cluster, nodegroup, owner } = worker;
  if (cluster === key.cluster && nodegroup === key.nodegroup) return undefined;
  const own = policyAt(policy, placeOfWorker(worker, owner), READS);
  if (isInvalid(own)) return 'its policy is invalid';
  const wanted = stricter(own.quarantine.mode, own.quarantine.revokeShellIngress);
  if (wanted !== mode && stricter(wanted, mode) === wanted) return `its policy says ${wanted}`;
  if (nodegroup === undefined) return undefined;
  if (leftOpen.has(subjectOf({ cluster, nodegroup }))) return 'given back by an operator';
  return cluster === key.cluster && waived.includes(nodegroup) ? 'waived' : undefined;
}

/** The mode for a group's rules. It is `off` where a guard holds, so that nothing needs to be read. */
export function shellIngressMode(
  group: Pick<ShellIngress, 'key' | 'owner'>,
  anywhere: Pick<Circumstances, 'policy' | 'account'>,
): Mode {
  const circumstances = circumstancesOfGroup(group, anywhere);
  const { policy } = circumstances;
  const guard = guardOf(group, { cluster: group.key.cluster, tags: {} }, circumstances);
  if (guard !== undefined || isInvalid(policy)) return 'off';
  return stricter(policy.quarantine.mode, policy.quarantine.revokeShellIngress);
}

/** Workers that no session reaches, in words. */
const silentOf = (users: readonly NetworkUser[], answering: ReadonlySet<string>): string[] => [
  ...new Set(
    users.flatMap((user) =>
      user.kind === 'worker' && !answering.has(user.instanceId)
        ? [`${user.instanceId} (its SSM agent does not answer, or has no connection for sessions)`]
        : [],
    ),
  ),
];
