import { describe, expect, it } from 'vitest';
import { codeOwnerOf } from './template-owner.ts';

describe('whoever keeps a launch template as code', () => {
  it.each([
    [{ 'aws:cloudformation:stack-name': 'nodes-1', Name: 'x' }, "CloudFormation's stack nodes-1"],
    [{ 'alpha.eksctl.io/cluster-name': 'prod' }, 'eksctl'],
    [{ 'eksctl.cluster.k8s.io/v1alpha1/cluster-name': 'prod' }, 'eksctl'],
    [{ 'pulumi:project': 'infra' }, 'Pulumi'],
    [{ 'eks:cluster-name': 'prod' }, 'EKS'],
    [{ 'karpenter.sh/nodepool': 'default' }, 'Karpenter'],
    [{ 'services.k8s.aws/controller-version': 'ec2-1.4.0' }, 'ACK'],
    [{ 'rancher-managed-template': 'do-not-modify-or-delete' }, 'Rancher'],
    [{ AWSBatchServiceTag: 'batch' }, 'AWS Batch'],
    [{ terraform: 'true' }, 'terraform (tag terraform: true)'],
    [{ 'managed-by': 'Terraform' }, 'Terraform (tag managed-by: Terraform)'],
    [{ 'acme:ManagedBy': 'OpenTofu v1' }, 'OpenTofu (tag acme:ManagedBy: OpenTofu v1)'],
    [{ created_by: 'platform-pipeline' }, 'pipeline (tag created_by: platform-pipeline)'],
    [{ 'iac-tool': 'cdk' }, 'cdk (tag iac-tool: cdk)'],
  ])('%j is %s', (tags, owner) => expect(codeOwnerOf(tags)).toBe(owner));

  it.each([
    [{}],
    [{ Name: 'terraform-nodes' }],
    [{ team: 'a', stage: 'prod' }],
    [{ 'managed-by': '' }],
    [{ createdBy: 'jo' }],
    [{ standby: 'x' }],
  ])('nobody says so in %j', (tags) => expect(codeOwnerOf(tags as Record<string, string>)).toBeUndefined());
});
