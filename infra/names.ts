/** The names by which others find the remediator's resources. */
export interface RemediatorNames {
  /** The SSM parameter that holds the policy document. */
  readonly policyParameterName: string;
  /** The log group with the records of all decisions. */
  readonly logGroupName: string;
  /** The event bus for the remediator's own events. */
  readonly eventBusName: string;
  /** The SNS topic of all alarms. */
  readonly alarmTopicArn: string;
  /** The SNS topic of the one alarm to be paged by, `<stackName>-unhealthy`: the remediator itself is not well. */
  readonly pageTopicArn: string;
}
