import { certificateOf, certificatesOf } from '../shared/fleet/embedded-authority.ts';
import { listed } from '../shared/text/listed.ts';
import type { Decision } from './decide.ts';
import type { GroupLaunches, LaunchSource, UnreadSource } from './group-launches.ts';
import { judgeUserData, type Rotation, type Verdict } from './rotation.ts';

/** Whether nodes that are launched from a source trust the newest authority; a pure function. */
export const judgeSource = (source: LaunchSource | UnreadSource, rotation: Rotation): Verdict =>
  source.kind === 'unread' ? { kind: 'unknown', why: source.why } : judgeUserData(source.userData, rotation);

/** Whether the next nodes of a group may lack trust in the newest authority; a pure function. */
export const mayLackTrust = ({ sources }: GroupLaunches, rotation: Rotation): boolean =>
  sources.some((source) => /^(?:former|strange)$/.test(judgeSource(source, rotation).kind));

/**
 * Decides about the user data of a group while its cluster's authority is rotated; a pure function. The change is only
 * proposed: the value is the one that EKS gives, and whoever writes the template puts it there.
 *
 * @param bundle `certificateAuthority.data` of DescribeCluster: during a rotation it holds both authorities
 * @returns undefined where AWS could not be read just now: the next run reads it again
 */
export function decideUserData(
  { sources }: GroupLaunches,
  rotation: Rotation,
  bundle: string | undefined,
): Decision | undefined {
  const judged = sources.map((source) => ({ source, verdict: judgeSource(source, rotation) }));
  for (const { source, verdict } of judged) {
    if (source.kind === 'unread' || (verdict.kind !== 'former' && verdict.kind !== 'strange')) continue;
    const { name, id, details, codeOwner } = source;
    const which =
      verdict.kind === 'former'
        ? 'a former certificate authority of the cluster, and not the newest'
        : 'a certificate authority that EKS does not list for the cluster';
    const keys = listed(verdict.keys);
    const code = codeOwner === undefined ? '' : ` ${KEPT[source.kind]} is managed by ${codeOwner}.`;
    const value = valueFrom(bundle, rotation);
    const then =
      value === undefined
        ? 'EKS does not give a value with both authorities yet.'
        : 'Put there what EKS gives, with both authorities (details.value).';
    return {
      decision: 'refused',
      reason: 'authority-in-user-data',
      message: `User data in ${name} holds ${which}: ${keys}.${code} ${then}`,
      variant: [rotation.newest.id, id, verdict.kind, ...verdict.keys, value !== undefined].join(' '),
      details: { ...details, keys: [...verdict.keys], ...(value !== undefined && { value }) },
    };
  }
  for (const { source, verdict } of judged) {
    if (verdict.kind !== 'unknown') continue;
    if (source.kind === 'unread' && source.isThrottled) return undefined;
    const message = source.kind === 'unread' ? source.why : `User data in ${source.name} ${verdict.why}.`;
    return {
      decision: 'refused',
      reason: 'user-data-unknown',
      message,
      variant: `${rotation.newest.id} ${source.kind === 'unread' ? source.code : source.id}`,
    };
  }
  return TRUSTS;
}

/** What a tool keeps as code. A launch configuration has no tags, and its group has. */
const KEPT: Readonly<Record<LaunchSource['kind'], string>> = {
  template: 'The template',
  'launch-configuration': 'The group',
  'node-class': 'The class',
};

const TRUSTS: Decision = {
  decision: 'done',
  reason: 'user-data-trusts',
  message: "User data of the group holds the cluster's newest certificate authority, or none.",
  variant: 'trusts',
};

/** The value to put into user data; undefined while EKS gives none with the newest authority. */
function valueFrom(bundle: string | undefined, { newest }: Rotation): string | undefined {
  const wanted = certificateOf(newest.data);
  const holdsIt = bundle !== undefined && wanted !== undefined && certificatesOf(bundle).includes(wanted);
  return holdsIt ? bundle : undefined;
}
