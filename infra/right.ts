import { Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import type { Right } from '../functions/shared/declaration/right.ts';

/** @param rights with their placeholders replaced */
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

/** Passes the reason for each wildcard to cdk-nag. A wildcard without a reason remains a finding. */
export const acknowledgeWildcards = (role: Role, rights: readonly Right[]): void => {
  for (const { resources, wildcardReason: reason } of rights) {
    for (const resource of resources.map((each) => flattenCfnReference(Stack.of(role).resolve(each)))) {
      if (reason === undefined || !resource.includes('*')) continue;
      Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
    }
  }
};
