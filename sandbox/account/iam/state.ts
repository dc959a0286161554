import { AwsError } from '../../wire/aws-error.ts';
import type { World } from '../world.ts';
import { AWS_MANAGED_POLICIES } from './managed-policies.ts';
import { allows, type PolicyDocument, policyDocument } from './policy-evaluation.ts';

/** IAM's default quota "Managed policies per role". */
const MAX_ATTACHED_POLICIES = 10;

export interface Role {
  readonly name: string;
  /** Default: `/`. */
  readonly path: string;
  readonly arn: string;
  readonly id: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly trustPolicy: object;
  /** ARNs of managed policies. */
  readonly attached: Set<string>;
  /** Inline policy documents by name. */
  readonly inline: Map<string, object>;
  /** ARN of its permissions boundary. */
  readonly boundary?: string;
}

export interface InstanceProfile {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly id: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly roleName: string;
}

/** A managed policy, AWS's or the account's own. */
export interface ManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly id: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly version: string;
  readonly document: object;
}

/** The input for a new role. */
export interface RoleRequest {
  readonly name: string;
  readonly path?: string;
  readonly trustPolicy: object;
  /** ARNs of managed policies, whether the account has them or not. */
  readonly attached?: readonly string[];
  readonly inline?: Readonly<Record<string, object>>;
  readonly boundary?: string | undefined;
}

/** The trust policy for one AWS service. */
export const trustOf = (service: string): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
});

/** The account's roles, instance profiles and policies. */
export class Iam {
  readonly roles = new Map<string, Role>();
  readonly policies = new Map<string, ManagedPolicy>();
  readonly #instanceProfiles = new Map<string, InstanceProfile>();
  readonly #world: World;
  readonly #random: World['random'];
  readonly #listeners: Array<() => void> = [];
  /** Cached results by role and question, valid until the role's policies change. */
  readonly #verdicts = new Map<string, Map<string, boolean>>();
  readonly #parsed = new WeakMap<object, PolicyDocument>();

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('iam');
    for (const { createdAt, updatedAt, ...policy } of AWS_MANAGED_POLICIES) {
      const arn = `arn:${world.partition}:iam::aws:policy${policy.path}${policy.name}`;
      const times = { createdAt: Date.parse(createdAt), updatedAt: Date.parse(updatedAt) };
      this.policies.set(arn, { ...policy, ...times, arn, id: this.#id('ANPA') });
    }
  }

  /** Calls the listener when a role's rights change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Creates a role. An existing role of that name stays unchanged. */
  addRole({ name, path = '/', trustPolicy, attached = [], inline = {}, boundary }: RoleRequest): Role {
    const existing = this.roles.get(name);
    if (existing !== undefined) return existing;
    const role: Role = {
      name,
      path,
      arn: this.arn('role', path, name),
      id: this.#id('AROA'),
      createdAt: this.#world.time.now,
      trustPolicy,
      attached: new Set(attached),
      inline: new Map(Object.entries(inline)),
      ...(boundary !== undefined && { boundary }),
    };
    this.roles.set(name, role);
    this.#changed(name);
    return role;
  }

  /** Gives a role another trust policy. @throws NoSuchEntity */
  setTrustPolicy(roleName: string, trustPolicy: object): void {
    this.roles.set(roleName, { ...this.role(roleName), trustPolicy });
    this.#changed(roleName);
  }

  addInstanceProfile(name: string, roleName: string): InstanceProfile {
    const path = '/';
    const arn = this.arn('instance-profile', path, name);
    const id = this.#id('AIPA');
    const profile = { name, path, arn, id, createdAt: this.#world.time.now, roleName };
    this.#instanceProfiles.set(name, profile);
    return profile;
  }

  /**
   * Creates a customer managed policy.
   * @returns its ARN
   */
  addPolicy(name: string, document: object): string {
    const path = '/';
    const arn = this.arn('policy', path, name);
    const now = this.#world.time.now;
    const times = { createdAt: now, updatedAt: now };
    this.policies.set(arn, { name, path, arn, id: this.#id('ANPA'), ...times, version: 'v1', document });
    return arn;
  }

  findInstanceProfile(name: string): InstanceProfile | undefined {
    return this.#instanceProfiles.get(name);
  }

  /** @throws NoSuchEntity */
  instanceProfile(name: string): InstanceProfile {
    return this.#instanceProfiles.get(name) ?? missing(`Instance Profile ${name} cannot be found.`);
  }

  /** @throws NoSuchEntity */
  role(name: string): Role {
    return this.roles.get(name) ?? missing(`The role with name ${name} cannot be found.`);
  }

  /** @throws NoSuchEntity */
  policy(arn: string): ManagedPolicy {
    return this.policies.get(arn) ?? missing(`Policy ${arn} was not found.`);
  }

  /** Writes an inline policy. @throws NoSuchEntity */
  putRolePolicy(roleName: string, policyName: string, document: object): void {
    this.role(roleName).inline.set(policyName, document);
    this.#changed(roleName);
  }

  /**
   * Attaches a policy. Attaching it again changes nothing.
   * @throws NoSuchEntity, LimitExceeded, UnmodifiableEntity, PolicyNotAttachable
   */
  attach(roleName: string, policyArn: string): void {
    const role = this.role(roleName);
    if (role.path.startsWith('/aws-service-role/')) {
      const message = `Cannot perform the operation on the protected role '${roleName}' - this role is only modifiable by AWS`;
      throw new AwsError('UnmodifiableEntity', message, 400);
    }
    if (policyArn.includes(':policy/aws-service-role/')) {
      const message = 'Cannot attach a Service Role Policy to a Customer Role.';
      throw new AwsError('PolicyNotAttachable', message, 400);
    }
    if (!this.policies.has(policyArn)) missing(`Policy ${policyArn} does not exist or is not attachable.`);
    if (role.attached.has(policyArn)) return;
    if (role.attached.size >= MAX_ATTACHED_POLICIES) {
      const message = `Cannot exceed quota for PoliciesPerRole: ${MAX_ATTACHED_POLICIES}`;
      throw new AwsError('LimitExceeded', message, 409);
    }
    role.attached.add(policyArn);
    this.#changed(roleName);
  }

  /** Detaches a policy. @throws NoSuchEntity */
  detach(roleName: string, policyArn: string): void {
    if (!this.role(roleName).attached.delete(policyArn)) missing(`Policy ${policyArn} was not found.`);
    this.#changed(roleName);
  }

  /**
   * Whether a role's policies and its boundary allow an action; false for a role that does not exist.
   *
   * @param context condition keys of the request
   */
  allows(roleName: string, action: string, resource: string, context: Readonly<Record<string, string>> = {}): boolean {
    const role = this.roles.get(roleName);
    if (role === undefined) return false;
    const verdicts = this.#verdicts.get(roleName) ?? new Map<string, boolean>();
    this.#verdicts.set(roleName, verdicts);
    const question = `${action} ${resource} ${JSON.stringify(context)}`;
    const request = { action, resource, context };
    const verdict =
      verdicts.get(question) ??
      (allows(this.#documentsOf(role), request) &&
        (role.boundary === undefined || allows(this.#managed([role.boundary]), request)));
    verdicts.set(question, verdict);
    return verdict;
  }

  /** ARN of an IAM resource of the account. */
  arn(kind: 'role' | 'instance-profile' | 'policy', path: string, name: string): string {
    return `arn:${this.#world.partition}:iam::${this.#world.accountId}:${kind}${path}${name}`;
  }

  #documentsOf({ attached, inline }: Role): PolicyDocument[] {
    return [...this.#managed([...attached]), ...[...inline.values()].map((document) => this.#parse(document))];
  }

  #managed(arns: readonly string[]): PolicyDocument[] {
    return arns.flatMap((arn) => this.policies.get(arn)?.document ?? []).map((document) => this.#parse(document));
  }

  #parse(document: object): PolicyDocument {
    const parsed = this.#parsed.get(document) ?? policyDocument.parse(document);
    this.#parsed.set(document, parsed);
    return parsed;
  }

  #changed(roleName: string): void {
    this.#verdicts.delete(roleName);
    for (const listener of this.#listeners) listener();
  }

  /** A unique id in IAM's format: a prefix for the kind, then letters and digits. */
  #id(prefix: string): string {
    return prefix + this.#random.hex(17).toUpperCase();
  }
}

function missing(message: string): never {
  throw new AwsError('NoSuchEntity', message, 404);
}
