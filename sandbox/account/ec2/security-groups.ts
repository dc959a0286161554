import type { World } from '../world.ts';
import type { PrefixLists } from './prefix-lists.ts';

/** The terms of a rule: what it admits. */
export interface RuleTerms {
  readonly egress: boolean;
  /** `-1` for all, `tcp`, `udp`, `icmp`, `icmpv6`, or a number. */
  readonly protocol: string;
  /** Undefined for all protocols. */
  readonly fromPort: number | undefined;
  readonly toPort: number | undefined;
  /** An IPv4 or IPv6 block, or the id of a security group or prefix list. */
  readonly peer: string;
}

export interface SecurityGroupRule extends RuleTerms {
  readonly id: string;
  readonly description: string | undefined;
}

export interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly name: string;
  readonly description: string;
  readonly tags: Map<string, string>;
  rules: readonly SecurityGroupRule[];
}

export type NewRule = RuleTerms & { readonly description?: string | undefined };

/** The rule that every new group has. */
const ALL_EGRESS: NewRule = {
  egress: true,
  protocol: '-1',
  fromPort: undefined,
  toPort: undefined,
  peer: '0.0.0.0/0',
};

/** A rule that admits TCP on a port range. */
export const tcpIngress = (fromPort: number, toPort: number, peer: string): NewRule => ({
  egress: false,
  protocol: 'tcp',
  fromPort,
  toPort,
  peer,
});

/** A rule that allows TCP out to a port range, or all traffic. */
export const egressTo = (ports: readonly [number, number] | undefined, peer: string): NewRule =>
  ports === undefined
    ? { ...ALL_EGRESS, peer }
    : { egress: true, protocol: 'tcp', fromPort: ports[0], toPort: ports[1], peer };

/** A rule that admits all traffic of a peer. */
export const allIngress = (peer: string): NewRule => ({ ...ALL_EGRESS, egress: false, peer });

/** The account's security groups and their rules. */
export class SecurityGroups {
  readonly #random: World['random'];
  readonly #byId = new Map<string, SecurityGroup>();
  readonly #ipv6Egress = new Set<string>();
  readonly #listeners: Array<(changed: SecurityGroup) => void> = [];

  readonly #prefixLists: PrefixLists;

  constructor(world: World, prefixLists: PrefixLists) {
    this.#random = world.random.fork('ec2-security-groups');
    this.#prefixLists = prefixLists;
  }

  /** Calls the listener for each group whose rules change. */
  onChange(listener: (changed: SecurityGroup) => void): void {
    this.#listeners.push(listener);
  }

  get(id: string): SecurityGroup | undefined {
    return this.#byId.get(id);
  }

  list(): SecurityGroup[] {
    return [...this.#byId.values()];
  }

  newId(): string {
    return `sg-0${this.#random.hex(16)}`;
  }

  /** Gives new groups of a VPC an IPv6 egress rule, too (EC2 API reference, CreateSecurityGroup: VPCs with IPv6). */
  withIpv6Egress(vpcId: string): void {
    this.#ipv6Egress.add(vpcId);
  }

  /** Creates a group with the given rules, plus one that allows all egress over IPv4 and, in some VPCs, over IPv6. */
  create(group: Omit<SecurityGroup, 'rules'>, rules: readonly NewRule[] = []): SecurityGroup {
    const created = { ...group, rules: [] };
    this.#byId.set(group.id, created);
    const ipv6 = this.#ipv6Egress.has(group.vpcId) ? [{ ...ALL_EGRESS, peer: '::/0' }] : [];
    this.add(created, [...rules, ALL_EGRESS, ...ipv6]);
    return created;
  }

  /** Deletes a group that no interface has any more. */
  delete({ id }: SecurityGroup): void {
    this.#byId.delete(id);
  }

  add(changed: SecurityGroup, rules: readonly NewRule[]): SecurityGroupRule[] {
    const added = rules.map((rule) => ({
      description: undefined,
      ...rule,
      id: `sgr-0${this.#random.hex(16)}`,
    }));
    changed.rules = [...changed.rules, ...added];
    this.#announce(changed);
    return added;
  }

  remove(changed: SecurityGroup, rules: readonly SecurityGroupRule[]): void {
    changed.rules = changed.rules.filter((rule) => !rules.includes(rule));
    this.#announce(changed);
  }

  /** Replaces the terms of rules, matched by id. */
  replace(changed: SecurityGroup, rules: readonly SecurityGroupRule[]): void {
    changed.rules = changed.rules.map((rule) => rules.find(({ id }) => id === rule.id) ?? rule);
    this.#announce(changed);
  }

  /** The effective rules of several groups: one per block of a prefix list. Unknown group ids are ignored. */
  rulesOf(groupIds: readonly string[]): SecurityGroupRule[] {
    const rules = groupIds.flatMap((id) => this.#byId.get(id)?.rules ?? []);
    return rules.flatMap((rule) => this.#prefixLists.resolve(rule.peer).map((peer) => ({ ...rule, peer })));
  }

  #announce(changed: SecurityGroup): void {
    for (const listener of this.#listeners) listener(changed);
  }
}

/** Whether two rules admit the same traffic. */
export const sameTerms = (a: RuleTerms, b: RuleTerms): boolean =>
  a.egress === b.egress &&
  a.protocol === b.protocol &&
  a.fromPort === b.fromPort &&
  a.toPort === b.toPort &&
  a.peer === b.peer;
