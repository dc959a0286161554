/**
 * One statement of a function's role. Resources are texts with placeholders, so that a declaration needs no CDK.
 * `infra/` replaces them, and refuses unknown ones:
 *
 * | placeholder                          | stands for                                  |
 * |--------------------------------------|---------------------------------------------|
 * | `{partition}`, `{region}`, `{account}` | where the stack is                          |
 * | `{eventBus}`, `{logGroup}`             | ARNs; `{eventBusName}`, `{logGroupName}`    |
 * | `{queue:NAME}`, `{queueUrl:NAME}`      | the queue of a function                     |
 * | `{function:NAME}`                      | the ARN of a function that is listed before |
 * | `{sweptQueues}`, `{sweep}`             | the queues that sweeps fill, and with what  |
 * | `{deadLetterQueues}`                   | the dead-letter queues of all functions     |
 * | `{queues}`, `{anyQueueUrl}`            | names of queues and dead-letter queues by function, and the URL of one queue |
 * | `{functions}`                          | names of functions without a queue, and of their dead-letter queues |
 * | `{requestable}`                      | what operators can ask of which function    |
 * | `{topic}`, `{hostManagementRole}`, `{hostManagementRoleName}` | what is made beside a function |
 * | `{installerRegistries}`              | the setting, with commas between            |
 * | `{imageParameters}`, `{nodeRoles}`     | the settings                                |
 * | `{postureDocument}`, `{postureDocumentName}` | likewise                                 |
 * | `{lookDocument}`, `{closeDocument}`, `{restoreDocument}`, each with `Name` | likewise   |
 */
export interface Right {
  /** Purpose of the right, in letters and digits; unique within a role. */
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  /** Why a resource has a wildcard. A right with a wildcard is not granted without a reason. */
  readonly wildcardReason?: string;
  /** Granted unless this setting of the deployment is `off`. */
  readonly unlessOff?:
    | 'launchTemplateRights'
    | 'shellRights'
    | 'imageRights'
    | 'sessionRights'
    | 'refreshRights'
    | 'drainRights';
}

/** ARN of a resource in the stack's account and region. */
export const arnHere = (service: string, resource: string): string =>
  `arn:{partition}:${service}:{region}:{account}:${resource}`;

/** ARN of an IAM resource in the stack's account. */
export const iamHere = (resource: string): string => `arn:{partition}:iam::{account}:${resource}`;

/** A right to actions without resource-level permissions. */
export const onAnything = (
  sid: string,
  actions: readonly [string, ...string[]],
  wildcardReason = actions.length === 1
    ? `${actions[0]} knows no resources.`
    : 'None of these reading calls knows resources.',
): Right => ({ sid, actions, resources: ['*'], wildcardReason });
