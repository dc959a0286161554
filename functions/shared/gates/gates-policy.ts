import * as z from 'zod';
import { alarmName } from '../policy/alarm-name.ts';

/**
 * One SSM document of type ChangeCalendar: by its name, or by its ARN where another account shares it (API references,
 * CreateDocument and GetCalendarState).
 */
const calendar = z
  .string()
  .regex(
    /^(arn:[\w-]+:ssm:[\w-]+:\d{12}:document\/)?[\w.-]{3,128}$/,
    'must be the name of a change calendar, or the ARN of a shared one such as arn:aws:ssm:eu-central-1:111122223333:document/freeze',
  );

/** The policy section `upgrades.gates`. */
export const gates = z
  .strictObject({
    alarms: z
      .array(alarmName)
      .max(50)
      .default([])
      .describe('CloudWatch alarms of the account and region, by name. No upgrade starts while one is in ALARM.'),
    insufficientData: z
      .enum(['closed', 'open'])
      .default('closed')
      .describe('What an alarm means that has too little data, or that CloudWatch could not evaluate.'),
    calendars: z
      .array(calendar)
      .max(20)
      .default([])
      .describe('SSM Change Calendars, by name, or by ARN if another account shares them. All of them must be open.'),
    nodesAndPods: z
      .boolean()
      .default(false)
      .describe(
        'true: no upgrade, refresh or pin starts while nodes are not Ready or pods are pending that were not when its release was first seen, in its cluster and where earlier waves have taken the release. Clusters must let the functions in (access entry, RBAC).',
      ),
    insights: z
      .enum(['error', 'off'])
      .default('error')
      .describe(
        'error: an upgrade insight of EKS with status ERROR closes the gate for a move to its Kubernetes version. off: insights are not read.',
      ),
  })
  .prefault({})
  .describe('What must be open before an upgrade starts. A gate that cannot be read is closed.');

/** The gates that the policy names, and how they count. */
export type NamedGates = z.infer<typeof gates>;
