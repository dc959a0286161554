import type { InterfaceView } from './interface-view.ts';
import type { Quarantine, SavedInterface } from './quarantine-ledger.ts';
import { isSame } from './remaining.ts';

/** EC2's limit of a tag's value. Source: EC2 user guide, "Tag restrictions". */
export const LONGEST_VALUE = 256;
/** Stands at the end where not all interfaces found room. */
const MORE = 'more';

/**
 * The security groups that a release gives back, as the value of a tag: those of the first interface, then each interface
 * that had others. Interfaces that the VPC CNI adds have those of the first one (VPC CNI, "Proposal: CNI plugin for
 * Kubernetes networking over AWS VPC"), so that this mostly is a single list.
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
 * The interfaces of a worker in quarantine with the security groups that the tag names, in the order of the worker. Those of
 * which it does not tell are missing; a value that was made up names nobody.
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
  return interfaces.flatMap(({ id, primary, branch }): SavedInterface[] => {
    // Pods have groups of their own: those of the worker would let in whom they must not.
    const isAsFirst = primary || (branch !== true && !rest.includes(MORE));
    const groups = others.get(id) ?? (isAsFirst ? own : undefined);
    return groups === undefined ? [] : [{ id, groups, addresses: [], ipv6: [], ...(branch === true && { branch }) }];
  });
}

const groupsIn = (text: string): string[] => {
  const ids = text.split('+');
  return ids.every((id) => /^sg-[0-9a-f]{1,32}$/.test(id)) ? ids : [];
};
