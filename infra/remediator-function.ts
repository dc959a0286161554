import { join } from 'node:path';
import { type Duration, Tags } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import type { Right } from '../functions/shared/declaration/right.ts';
import type { Foundation } from './foundation.ts';
import { FUNCTION_MEMORY_MB } from './function-memory.ts';
import { METRIC_NAMESPACE } from './metric.ts';
import { acknowledgeWildcards, policyDocumentOf } from './right.ts';

export interface RemediatorFunctionProps {
  /** Its name is the name of its folder in `functions/`, and its name in metrics and logs. */
  readonly declared: Pick<Remediation, 'name'>;
  readonly description: string;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  /** All permissions of the function, apart from writing its log. */
  readonly rights: readonly Right[];
  /** Its log group; absent for the log group that all functions share. */
  readonly logGroup?: ILogGroup;
  /** Receives asynchronous events on which the function failed for good. */
  readonly deadLetterQueue?: IQueue;
}

/** A function of `functions/` with its own role. */
export class RemediatorFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly name: string;

  constructor(scope: Construct, id: string, foundation: Foundation, props: RemediatorFunctionProps) {
    super(scope, id);
    const { declared } = props;
    const { name } = declared;
    this.name = name;
    const { settings } = foundation;
    const { logGroup = foundation.logGroup } = props;
    // The log group's ARN in CloudFormation ends in `:*`, which means all of its log streams.
    const logs: Right = {
      sid: 'Logs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    };
    const rights = [logs, ...props.rights];
    const role = new Role(this, 'Role', {
      description: `What ${name} may do`,
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { rights: policyDocumentOf(rights) },
    });
    acknowledgeWildcards(role, rights);
    this.role = role;

    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      code: Code.fromAsset(join(foundation.bundles, name)),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // Lambda assigns CPU in proportion to memory. A fast cold start is worth more than the cost that 256 MB would
      // save.
      memorySize: FUNCTION_MEMORY_MB,
      timeout: props.timeout,
      // `rights` alone decides what the function may do: grants that CDK would add to the role are ignored.
      role: role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      ...(props.deadLetterQueue !== undefined && { deadLetterQueue: props.deadLetterQueue }),
      environment: {
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: METRIC_NAMESPACE,
        POWERTOOLS_LOG_LEVEL: 'INFO',
        STACK_NAME: settings.stackName,
        ...props.environment,
      },
    });
    foundation.dashboard.addFunction(this);
    Tags.of(this.function).add('eks-host-remediator:function', name);
  }
}
