import { ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Right } from '../functions/shared/declaration/right.ts';

/**
 * The SSM parameter that holds the policy. It is created with the empty document, which means the defaults. After that,
 * people change its value, and deployments do not. CloudFormation writes the value again whenever any property of the
 * resource changes, which would undo a kill switch. Nothing here may therefore ever change, not even the description or
 * a tag.
 */
export class PolicyParameter extends Construct {
  readonly parameter: StringParameter;

  constructor(scope: Construct, id: string, props: { readonly parameterName: string }) {
    super(scope, id);
    this.parameter = new StringParameter(this, 'Parameter', {
      parameterName: props.parameterName,
      description:
        'Policy of EKS Host Remediator, a JSON document. {} means the defaults. Its schema: functions/shared/policy/policy.ts',
      stringValue: '{}',
      tier: ParameterTier.INTELLIGENT_TIERING,
    });
  }

  read(): Right {
    return { sid: 'Policy', actions: ['ssm:GetParameter'], resources: [this.parameter.parameterArn] };
  }
}
