import * as z from 'zod';
import { AwsError } from '../wire/aws-error.ts';
import { type ResourceType, resourceType } from './resource-type.ts';
import { TemplateError } from './template.ts';

const accessEntry = z.strictObject({
  ClusterName: z.string(),
  PrincipalArn: z.string(),
  KubernetesGroups: z.array(z.string()).optional(),
  Type: z.string().optional(),
  Username: z.string().optional(),
  Tags: z.unknown().optional(),
});

/** Resources that a template adds to EKS clusters of other owners. */
export const CLUSTER_RESOURCES: Readonly<Record<string, ResourceType>> = {
  'AWS::EKS::AccessEntry': resourceType(
    accessEntry,
    ({ given }) => ({ ref: `${given('PrincipalArn')}|${given('ClusterName')}`, attributes: {} }),
    ({ ClusterName, PrincipalArn, KubernetesGroups, Type, Username }, { addAccessEntry, logicalId }) => {
      const request = { kubernetesGroups: KubernetesGroups, type: Type, username: Username };
      try {
        addAccessEntry(ClusterName, { principalArn: PrincipalArn, ...request });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        throw new TemplateError(`The sandbox can not make ${logicalId}: ${error.message}`);
      }
    },
  ),
};
