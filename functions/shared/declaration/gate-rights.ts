import { onAnything, type Right } from './right.ts';

/** The rights to read the gates that the policy names, shared by functions that move groups to releases. */
export const readGates: readonly Right[] = [
  onAnything(
    'Alarms',
    ['cloudwatch:DescribeAlarms'],
    'CloudWatch returns composite alarms only to whoever may describe every alarm; the policy says which ones are gates.',
  ),
  {
    sid: 'Calendars',
    actions: ['ssm:GetCalendarState'],
    resources: ['arn:{partition}:ssm:{region}:*:document/*'],
    wildcardReason: 'The policy names the calendars; other accounts can share theirs.',
  },
];
