import type { InterfaceView } from '../exposure/interface-view.ts';
import type { Quarantine, SavedInterface } from './quarantine-ledger.ts';
import { isSame } from './remaining.ts';

/** EC2's limit of a tag's value, characters. Source: EC2 user guide, "Tag restrictions". */
export const LONGEST_VALUE = 256;
/** Last word of a value that had no room for all interfaces. */
const MORE = 'more';

/**
 * The security groups to restore, as a tag's value: those of the first interface, then those of each interface that
 * differs. Interfaces that the VPC CNI adds have the groups of the first one (VPC CNI, "Proposal: CNI plugin for
 * Kubernetes networking over AWS VPC"), so it is usually a single list.
 *
 * `sg-0a+sg-0b eni-1=sg-0c`
 */
export function groupsTagValue({ interfaces }: Quarantine['saved']): string {
  const [first, ...others] = interfaces;
  if (first === undefined) return '';
  const parts = others
    .filter(({ groups }) => !isSame(groups, first.groups))
    .map(({ id, groups }) => `${id}=${groups.join('+')}`);
  let value = first.groups.join('+');
  if (value.length > LONGEST_VALUE) return '';
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const longer = `${value} ${part}`;
    if (longer.length + (isLast ? 0 : MORE.length + 1) > LONGEST_VALUE) return `${value} ${MORE}`;
    value = longer;
  }
  return value;
}

/**
 * Parses the tag's value: the interfaces of a worker in quarantine with the security groups to restore, in the order of
 * the worker. Interfaces that it does not cover are missing; an invented value matches none.
 */
export function interfacesOfTag(value: string, interfaces: readonly InterfaceView[]): SavedInterface[] {
  const [first = '', ...rest] = value.split(' ').slice(0, LONGEST_VALUE);
  const own = groupsIn(first);
  if (own.length === 0) return [];
  const others = new Map(
    rest.flatMap((part): Array<[string, string[]]> => {
      const [id = '', groups = '', ...more] = part.split('=');
      return more.length > 0 || groupsIn(groups).length === 0 ? [] : [[id, groupsIn(groups)]];
    }),
  );
  return interfaces.flatMap(({ id, primary, branch, otherVpcId }): SavedInterface[] => {
    // Pods have groups of their own. The worker's groups could admit traffic that a pod must not get. An interface in
    // another VPC takes none of them.
    const isAsFirst = primary || (branch !== true && otherVpcId === undefined && !rest.includes(MORE));
    const groups = others.get(id) ?? (isAsFirst ? own : undefined);
    return groups === undefined ? [] : [{ id, groups, addresses: [], ipv6: [], ...(branch === true && { branch }) }];
  });
}

const groupsIn = (text: string): string[] => {
  const ids = text.split('+');
  return ids.every((id) => /^sg-[0-9a-f]{1,32}$/.test(id)) ? ids : [];
};
