/**
 * One statement of a function's role. Resources are texts with placeholders, so that a declaration needs no CDK; where the
 * stack is made they are replaced, and an unknown one is refused:
 *
 * | placeholder                          | stands for                                  |
 * |--------------------------------------|---------------------------------------------|
 * | `{partition}`, `{region}`, `{account}` | where the stack is                          |
 * | `{eventBus}`, `{logGroup}`             | ARNs; `{eventBusName}`, `{logGroupName}`    |
 * | `{queue:NAME}`, `{queueUrl:NAME}`      | the queue of a function                     |
 * | `{function:NAME}`                      | the ARN of a function that is listed before |
 * | `{sweptQueues}`, `{sweep}`             | the queues that sweeps fill, and with what  |
 * | `{requestable}`                      | what operators can ask of which function    |
 * | `{topic}`, `{hostManagementRole}`, `{hostManagementRoleName}` | what is made beside a function |
 * | `{installerRegistries}`              | the setting, with commas between            |
 * | `{postureDocument}`, `{postureDocumentName}` | likewise                                 |
 */
export interface Right {
  /** What the right is for, in letters and digits; unique within a role. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  /** Why a resource has a wildcard; nothing with a wildcard is granted without. */
  readonly wildcardReason?: string;
  /** Granted unless this setting of the deployment is `off`. */
  readonly unlessOff?: 'launchTemplateRights';
}

/** The ARN of resources of this account and region. */
export const arnHere = (service: string, resource: string): string =>
  `arn:{partition}:${service}:{region}:{account}:${resource}`;

/** The ARN of something of IAM in this account. */
export const iamHere = (resource: string): string => `arn:{partition}:iam::{account}:${resource}`;

/** The right to actions that know no resources. */
export const onAnything = (
  sid: string,
  actions: readonly [string, ...string[]],
  wildcardReason = actions.length === 1
    ? `${actions[0]} knows no resources.`
    : 'None of these reading calls knows resources.',
): Right => ({ sid, actions, resources: ['*'], wildcardReason });
