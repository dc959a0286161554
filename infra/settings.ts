import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as z from 'zod';

/** CloudWatch Logs keeps logs for one of these numbers of days only; 9999 is CDK's word for "for ever". */
const retentionDays = Object.values(RetentionDays).filter((days) => typeof days === 'number' && days < 9999);

const minutesIn: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1440 };
const rateForm = /^rate\(([1-9]\d*) (minute|hour|day)(s?)\)$/;

/**
 * A rate, and no cron expression, because the alarm on a stale sweep must know the longest pause between sweeps. The
 * minute is the smallest step of both CloudWatch and EventBridge. A day between two reconciles is the longest useful
 * pause.
 */
const rate = z.string().transform((text, context) => {
  const [, count = '', unit = '', plural = ''] = rateForm.exec(text) ?? [];
  const minutes = Number(count) * (minutesIn[unit] ?? 0);
  if (minutes < 1 || minutes > 1440 || (count === '1') !== (plural === '')) {
    context.addIssue('must be a rate from rate(1 minute) to rate(1 day), such as "rate(30 minutes)" or "rate(1 hour)"');
    return z.NEVER;
  }
  return Duration.minutes(minutes);
});

const oneOf = <Value extends string>(...values: [Value, ...Value[]]) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** The default name of the stack, which the operators' command uses, too. */
export const DEFAULT_STACK_NAME = 'eks-host-remediator';

const settingsSchema = z.strictObject({
  /** CloudFormation's stack name, and the metric dimension that keeps two stacks of one account apart. */
  stackName: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9-]{0,127}$/,
      'must be letters, digits and hyphens, a letter first, at most 128 characters',
    )
    .default(DEFAULT_STACK_NAME),
  /**
   * The mode of remediations unless the policy says otherwise. It has no default, so that nobody lets the stack act
   * from the first event without choosing that.
   */
  mode: oneOf('enforce', 'observe', 'off'),
  /** Least severity of the Inspector findings that EventBridge lets through; the policy can only narrow it further. */
  findingSeverity: oneOf('CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL').default('HIGH'),
  /** How often `watch-ami-releases` reads the recommended releases. */
  watchSchedule: rate.prefault('rate(1 hour)'),
  /** How often `sweep-fleet` requests reconciles. */
  sweepSchedule: rate.prefault('rate(1 hour)'),
  /** The e-mail address for the alarms. Without it the alarm topic has no subscriber. */
  alarmEmail: z.email('must be an e-mail address').optional(),
  /** The e-mail address for messages about acts and refusals. Without it the topic has no subscriber. */
  notifyEmail: z.email('must be an e-mail address').optional(),
  logRetentionDays: z.coerce
    .number()
    .refine((days) => retentionDays.includes(days), `must be one of ${retentionDays.join(', ')}`)
    .default(RetentionDays.THREE_MONTHS),
  /** The SSM parameter that holds the policy; by default `/<stackName>/policy`. */
  policyParameterName: z
    .string()
    .regex(
      /^(\/[A-Za-z0-9_.-]+){1,15}$/,
      'must be a path such as /team/policy: letters, digits and _.- between slashes',
    )
    .regex(/^\/(?!aws|ssm)/i, 'must not begin with /aws or /ssm, which AWS reserves; set another name'),
  /** Whether the stack creates that parameter, or uses an existing one, which the deployment then never writes. */
  policyParameter: oneOf('new', 'existing').default('new'),
  /** Clusters, named with commas, for which the stack adds an access entry, so that agents can be installed there. */
  accessEntryClusters: z
    .string()
    .transform((text) => [...new Set(text.split(',').filter((name) => name !== ''))])
    .pipe(z.array(z.string().regex(/^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/, 'must be cluster names with commas between')))
    .prefault(''),
  /**
   * Container registries, separated by commas, each with a path where only a part of it is meant. Whoever writes the
   * policy can have agents installed only by images from these, or by the product's own image. The image runs as root
   * on nodes.
   */
  installerRegistries: z
    .string()
    .transform((text) => [...new Set(text.split(',').filter((name) => name !== ''))])
    .pipe(
      z.array(
        z
          .string()
          .regex(
            /^[a-z0-9][a-z0-9.:-]{0,254}(\/[a-z0-9._-]{1,128}){0,8}$/,
            'must be registries with commas between, such as 111122223333.dkr.ecr.eu-central-1.amazonaws.com/mirror',
          ),
      ),
    )
    .prefault(''),
  /**
   * Whether `upgrade-node-groups` has the rights that EKS requires for node groups with a launch template of their
   * owner: to launch by the template, and to tag what is launched. Without them, upgrades of such groups are refused
   * and recorded.
   */
  launchTemplateRights: oneOf('on', 'off').default('on'),
  /**
   * Whether `upgrade-node-groups` may read the wanted AMI of node groups with a custom AMI, and make versions of launch
   * templates with it or without a key pair. Such a version decides what runs as root on nodes.
   */
  imageRights: oneOf('on', 'off').default('off'),
  /** The parameters that may name a wanted AMI: one path, or all below a path that ends in `/*`. */
  imageParameters: z
    .string()
    .regex(/^(?:\/[\w.-]+)+(?:\/\*)?$/, 'must be the path of a parameter, or of all below it, such as /images/eks/*')
    .regex(/^\/(?!aws|ssm)/i, 'must not begin with /aws or /ssm, which AWS reserves; set another name')
    .default('/eks-host-remediator/images/*'),
  /** Whether `close-shells` may change hosts. Without the right it only records what it would do. */
  shellRights: oneOf('on', 'off').default('on'),
  /**
   * Whether `close-shells` may set Session Manager's preferences of the region. Preferences can contain commands that
   * every session begins with, also on hosts outside of EKS, so the right is an explicit choice.
   */
  sessionRights: oneOf('on', 'off').default('off'),
  /**
   * Whether `refresh-groups` may make versions of launch templates, begin instance refreshes and roll them back. These
   * rights include launching and passing roles to EC2. Without them the function only records what it would do.
   */
  refreshRights: oneOf('on', 'off').default('off'),
  /**
   * Whether `drain-nodes` may make lifecycle hooks on the terminations of self-managed groups, answer them, and have
   * groups retain nodes. Without these rights the function only records what it would do.
   */
  drainRights: oneOf('on', 'off').default('off'),
  /** The roles of nodes of groups that are refreshed: the path and name of one role, or a prefix that ends in `*`. */
  nodeRoles: z
    .string()
    .regex(/^[\w+=,.@/-]{0,512}\*?$/, 'must be the name of a role, or the beginning of such names with * at its end')
    .regex(/^[^/]/, 'must not begin with a slash: the path of a role ends with one')
    .default('*'),
  /** The table of a deleted earlier stack that this stack continues to use. Without it the stack creates its own. */
  ledgerTable: z
    .string()
    .regex(
      /^[\w.-]{3,255}$/,
      'must be the name of a DynamoDB table, as LedgerTableName in the outputs of the stack had it',
    )
    .optional(),
  /** What happens to the ledger, the logs and the policy when the stack is deleted. */
  removalPolicy: oneOf('retain', 'destroy').default('retain'),
});

export type Settings = Readonly<z.output<typeof settingsSchema>>;

/** A setting in the CDK context is unknown or bad. The message names each one, its value and what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/**
 * The context holds more than our settings: feature flags (`@aws-cdk/…:…`), the CLI's own keys (`aws:cdk:…`) and
 * look-ups (`availability-zones:account=…`). All of those have a colon, except the CLI's `cdk-migrate`.
 */
export const isSetting = (key: string): boolean => !key.includes(':') && key !== 'cdk-migrate';

/** The text for a first deploy that names no mode. */
const CHOOSE_MODE = [
  'mode=enforce: reacts by itself from the first event on, which is what this is for',
  'mode=observe: only records what it would do, and changes nothing',
];

const explain = (issue: z.core.$ZodIssue, given: Readonly<Record<string, unknown>>): string[] =>
  issue.code === 'unrecognized_keys'
    ? issue.keys.map(
        (key) => `${key}: no such setting; the settings are ${Object.keys(settingsSchema.shape).join(', ')}`,
      )
    : [`${issue.path.join('.')}=${given[String(issue.path[0])]}: ${issue.message}`];

/**
 * Reads the stage settings from the CDK context (`cdk.json`, `-c key=value`).
 *
 * @param where the sources of the context, for the error
 * @param prefix the text before a key in those sources
 * @throws SettingsError for an unknown setting, a bad value, or where no mode is chosen.
 */
export const readSettings = (
  context: Readonly<Record<string, unknown>>,
  where = 'the CDK context',
  prefix = '-c ',
): Settings => {
  const given: Record<string, unknown> = {
    policyParameterName: `/${context.stackName ?? DEFAULT_STACK_NAME}/policy`,
    ...Object.fromEntries(Object.entries(context).filter(([key]) => isSetting(key))),
  };
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const isUnchosen = ({ path }: z.core.$ZodIssue) => path[0] === 'mode' && given.mode === undefined;
  const lines = (texts: readonly string[]) => texts.map((text) => `\n  ${prefix}${text}`).join('');
  const problems = parsed.error.issues.filter((issue) => !isUnchosen(issue)).flatMap((issue) => explain(issue, given));
  throw new SettingsError(
    problems.length > 0
      ? `Bad settings in ${where}:${lines(problems)}`
      : `A deploy must be told what it may do, once, by one of these:${lines(CHOOSE_MODE)}`,
  );
};
