import type { Sender } from '../account/event-bridge/delivery.ts';
import { allows, type PolicyDocument } from '../account/iam/policy-evaluation.ts';
import type { Caller, Permission } from '../account/service.ts';
import { AwsError } from '../wire/aws-error.ts';

/** A role, as the template defines it. */
export interface StackRole {
  readonly logicalId: string;
  readonly arn: string;
  readonly trustPolicy: PolicyDocument;
  /** The role's inline policies, and the template's policies that are attached to it. */
  readonly policies: Array<{ readonly name: string; readonly document: PolicyDocument }>;
  /** AWS managed policies, whose text is not in the template. */
  readonly managedPolicyArns: readonly string[];
}

/** A call that an AWS service made with a role of the stack. */
export interface ServiceCall {
  readonly roleLogicalId: string;
  readonly action: string;
  readonly resource: string;
}

/**
 * Whether an AWS service may send something to a target: by the role that it assumes, or by the target's resource
 * policy.
 */
export class Authorization {
  /** The distinct calls of services with roles. Such rights are used although no function calls the action. */
  readonly serviceCalls = new Map<string, ServiceCall>();
  readonly #accountId: string;
  readonly #roles = new Map<string, StackRole>();
  readonly #resourcePolicies = new Map<string, PolicyDocument[]>();

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  addRole(role: StackRole): void {
    this.#roles.set(role.arn, role);
  }

  get roles(): readonly StackRole[] {
    return [...this.#roles.values()];
  }

  /** @throws AwsError `AccessDeniedException` */
  role(arn: string): StackRole {
    const role = this.#roles.get(arn);
    if (role === undefined) throw denied(`There is no role ${arn} in the stack.`);
    return role;
  }

  /** Whether a caller's own policies allow what another service does in the caller's name. People may do anything. */
  allowsCaller({ roleLogicalId }: Caller, { action, resource, context = {} }: Permission): boolean {
    if (roleLogicalId === undefined) return true;
    const documents = this.roles.find(({ logicalId }) => logicalId === roleLogicalId)?.policies ?? [];
    const single = Object.entries(context).map(([key, value]) => [key, [value].flat()[0] ?? '']);
    const request = { action, resource, context: Object.fromEntries(single) };
    return allows(
      documents.map(({ document }) => document),
      request,
    );
  }

  addResourcePolicy(arn: string, document: PolicyDocument): void {
    this.#resourcePolicies.set(arn, [...(this.#resourcePolicies.get(arn) ?? []), document]);
  }

  /** @throws AwsError `AccessDeniedException` */
  authorize({ principal, sourceArn, roleArn }: Sender, action: string, resource: string): void {
    const context = {
      'aws:SourceArn': sourceArn,
      'aws:SourceAccount': this.#accountId,
      'aws:SecureTransport': 'true',
      'aws:PrincipalIsAWSService': 'true',
    };
    const resourcePolicies = this.#resourcePolicies.get(resource) ?? [];
    const request = { action, resource, context };
    if (roleArn === undefined) {
      if (!allows(resourcePolicies, { ...request, service: principal })) {
        throw denied(
          `${principal} may not do ${action} on ${resource} for ${sourceArn}: no resource policy allows it.`,
        );
      }
      return;
    }
    const role = this.role(roleArn);
    // Scheduler names the schedule's group when it assumes a role, so that one trust policy serves all its schedules.
    const assuming = {
      ...context,
      'aws:SourceArn': sourceArn.replace(/:schedule\/([^/]+)\/.*$/, ':schedule-group/$1'),
    };
    if (!allows([role.trustPolicy], { action: 'sts:AssumeRole', service: principal, context: assuming })) {
      throw denied(`${principal} may not assume ${roleArn} for ${sourceArn}.`);
    }
    // Within one account either policy may allow; a denial in any of them wins.
    if (!allows([...role.policies.map(({ document }) => document), ...resourcePolicies], request)) {
      throw denied(`${roleArn} may not do ${action} on ${resource}.`);
    }
    const call = { roleLogicalId: role.logicalId, action, resource };
    this.serviceCalls.set(JSON.stringify(call), call);
  }
}

const denied = (message: string): AwsError => new AwsError('AccessDeniedException', message, 403);
