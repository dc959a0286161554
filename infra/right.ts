import { Aws, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';

/** One statement of a function's role. */
export interface Right {
  /** What the right is for, in letters and digits; unique within a role. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  /** Why a resource has a wildcard; nothing with a wildcard is granted without. */
  readonly wildcardReason?: string;
}

/** The ARN of resources of this account and region. */
export const arnHere = (service: string, resource: string): string =>
  `arn:${Aws.PARTITION}:${service}:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;

export const policyDocumentOf = (rights: readonly Right[]): PolicyDocument =>
  new PolicyDocument({
    statements: rights.map(
      ({ sid, actions, resources, conditions }) =>
        new PolicyStatement({
          sid,
          effect: Effect.ALLOW,
          actions: [...actions],
          resources: [...resources],
          ...(conditions && { conditions }),
        }),
    ),
  });

/** Hands cdk-nag the reason for each wildcard; one without a reason stays a finding. */
export const acknowledgeWildcards = (role: Role, rights: readonly Right[]): void => {
  for (const { resources, wildcardReason: reason } of rights) {
    for (const resource of resources.map((each) => flattenCfnReference(Stack.of(role).resolve(each)))) {
      if (reason === undefined || !resource.includes('*')) continue;
      Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
    }
  }
};
