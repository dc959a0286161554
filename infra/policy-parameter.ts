import { RemovalPolicy } from 'aws-cdk-lib';
import { type IStringParameter, ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Right } from '../functions/shared/declaration/right.ts';
import type { Settings } from './settings.ts';

/**
 * The SSM parameter that holds the policy. It is created with the empty document, which means the defaults. After that,
 * people change its value, and deployments do not. CloudFormation writes the value again whenever any property of the
 * resource changes, which would undo a kill switch. Nothing here may therefore ever change, not even the description or
 * a tag. Only the removal policy may change, because it is not a property. Tags of the stack come from outside, so
 * `npm run deploy` takes the parameter out of the stack with the second deploy (`deployed-policy.ts`). An existing
 * parameter is only referred to, and no deployment writes it.
 */
export class PolicyParameter extends Construct {
  readonly parameter: IStringParameter;

  constructor(scope: Construct, id: string, { policyParameterName: name, policyParameter, removalPolicy }: Settings) {
    super(scope, id);
    if (policyParameter === 'existing') {
      this.parameter = StringParameter.fromStringParameterName(this, 'Parameter', name);
      return;
    }
    const made = new StringParameter(this, 'Parameter', {
      parameterName: name,
      description:
        'Policy of EKS Host Remediator, a JSON document. {} means the defaults. Its schema: functions/shared/policy/policy.ts',
      stringValue: '{}',
      tier: ParameterTier.INTELLIGENT_TIERING,
    });
    made.applyRemovalPolicy(removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
    this.parameter = made;
  }

  read(): Right {
    return { sid: 'Policy', actions: ['ssm:GetParameter'], resources: [this.parameter.parameterArn] };
  }
}
