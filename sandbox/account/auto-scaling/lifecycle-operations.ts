import {
  CompleteLifecycleAction$,
  type CompleteLifecycleActionCommandInput,
  type CompleteLifecycleActionCommandOutput,
  DeleteLifecycleHook$,
  type DeleteLifecycleHookCommandInput,
  type DeleteLifecycleHookCommandOutput,
  DescribeLifecycleHooks$,
  type DescribeLifecycleHooksCommandInput,
  type DescribeLifecycleHooksCommandOutput,
  PutLifecycleHook$,
  type PutLifecycleHookCommandInput,
  type PutLifecycleHookCommandOutput,
  RecordLifecycleActionHeartbeat$,
  type RecordLifecycleActionHeartbeatCommandInput,
  type RecordLifecycleActionHeartbeatCommandOutput,
} from '@aws-sdk/client-auto-scaling';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { AutoScalingGroup, TerminationHook } from './group.ts';
import type { AutoScalingGroups } from './groups.ts';
import { globalTimeout, type Result, TERMINATING } from './lifecycle-actions.ts';

/** The quota of hooks per group. Source: Auto Scaling user guide, "Quotas for Auto Scaling resources and groups". */
const MOST_HOOKS = 50;
const DEFAULT_HEARTBEAT = 3_600;

const invalid = (message: string) => new AwsError('ValidationError', message);

/** Lifecycle hooks on terminations, and the instances that wait for them. */
export function lifecycleOperations(
  groups: AutoScalingGroups,
  groupPermissions: (action: string) => (input: { AutoScalingGroupName: string | undefined }) => Permission[],
): Service['operations'] {
  const existing = (name = ''): AutoScalingGroup => groups.existing(name);
  return {
    DescribeLifecycleHooks: operation<DescribeLifecycleHooksCommandInput, DescribeLifecycleHooksCommandOutput>(
      DescribeLifecycleHooks$,
      ['AutoScalingGroupName', 'LifecycleHookNames'],
      ({ AutoScalingGroupName, LifecycleHookNames = [] }) => ({
        LifecycleHooks: [...existing(AutoScalingGroupName).hooks.values()]
          .filter(({ name }) => LifecycleHookNames.length === 0 || LifecycleHookNames.includes(name))
          .map((hook) => ({
            LifecycleHookName: hook.name,
            AutoScalingGroupName,
            LifecycleTransition: TERMINATING,
            NotificationMetadata: hook.metadata,
            HeartbeatTimeout: hook.heartbeatTimeout,
            GlobalTimeout: globalTimeout(hook),
            DefaultResult: hook.defaultResult,
          })),
      }),
    ),
    PutLifecycleHook: operation<PutLifecycleHookCommandInput, PutLifecycleHookCommandOutput>(
      PutLifecycleHook$,
      [
        'AutoScalingGroupName',
        'LifecycleHookName',
        'LifecycleTransition',
        'HeartbeatTimeout',
        'DefaultResult',
        'NotificationMetadata',
      ],
      (input) => {
        const { hooks } = existing(input.AutoScalingGroupName);
        const hook = hookOf(input, hooks.get(input.LifecycleHookName ?? ''));
        if (!hooks.has(hook.name) && hooks.size >= MOST_HOOKS) {
          throw new AwsError('LimitExceeded', `An Auto Scaling group has at most ${MOST_HOOKS} lifecycle hooks.`);
        }
        // Instances that already wait keep the former timeouts.
        hooks.set(hook.name, hook);
        return {};
      },
      groupPermissions('PutLifecycleHook'),
    ),
    DeleteLifecycleHook: operation<DeleteLifecycleHookCommandInput, DeleteLifecycleHookCommandOutput>(
      DeleteLifecycleHook$,
      ['AutoScalingGroupName', 'LifecycleHookName'],
      ({ AutoScalingGroupName, LifecycleHookName = '' }) => {
        const group = existing(AutoScalingGroupName);
        if (!group.hooks.has(LifecycleHookName)) throw noHook(group, LifecycleHookName);
        if (group.retainsAbandoned === true && group.hooks.size === 1) throw needsHook(group);
        group.hooks.delete(LifecycleHookName);
        groups.lifecycle.release(group, LifecycleHookName);
        return {};
      },
      groupPermissions('DeleteLifecycleHook'),
    ),
    CompleteLifecycleAction: operation<CompleteLifecycleActionCommandInput, CompleteLifecycleActionCommandOutput>(
      CompleteLifecycleAction$,
      ['AutoScalingGroupName', 'LifecycleHookName', 'LifecycleActionToken', 'LifecycleActionResult', 'InstanceId'],
      ({
        AutoScalingGroupName,
        LifecycleHookName = '',
        LifecycleActionToken,
        LifecycleActionResult = '',
        InstanceId,
      }) => {
        const group = existing(AutoScalingGroupName);
        const name = { hook: LifecycleHookName, token: LifecycleActionToken, instanceId: InstanceId };
        groups.lifecycle.complete(group, name, resultOf(LifecycleActionResult));
        return {};
      },
      groupPermissions('CompleteLifecycleAction'),
    ),
    RecordLifecycleActionHeartbeat: operation<
      RecordLifecycleActionHeartbeatCommandInput,
      RecordLifecycleActionHeartbeatCommandOutput
    >(
      RecordLifecycleActionHeartbeat$,
      ['AutoScalingGroupName', 'LifecycleHookName', 'LifecycleActionToken', 'InstanceId'],
      ({ AutoScalingGroupName, LifecycleHookName = '', LifecycleActionToken, InstanceId }) => {
        const group = existing(AutoScalingGroupName);
        const name = { hook: LifecycleHookName, token: LifecycleActionToken, instanceId: InstanceId };
        groups.lifecycle.heartbeat(group, name);
        return {};
      },
      groupPermissions('RecordLifecycleActionHeartbeat'),
    ),
  };
}

/** A hook after a put. Omitted members stay unchanged. */
function hookOf(
  {
    LifecycleHookName: name = '',
    LifecycleTransition,
    HeartbeatTimeout,
    DefaultResult,
    NotificationMetadata,
  }: PutLifecycleHookCommandInput,
  known: TerminationHook | undefined,
): TerminationHook {
  if (known === undefined && LifecycleTransition === undefined) {
    throw invalid('LifecycleTransition is required for new lifecycle hooks.');
  }
  if (LifecycleTransition !== undefined && LifecycleTransition !== TERMINATING) {
    throw new NotImplemented(`lifecycle hooks on ${LifecycleTransition}`);
  }
  const heartbeatTimeout = HeartbeatTimeout ?? known?.heartbeatTimeout ?? DEFAULT_HEARTBEAT;
  if (heartbeatTimeout < 30 || heartbeatTimeout > 7_200) {
    throw invalid('HeartbeatTimeout must be between 30 and 7200 seconds.');
  }
  const metadata = NotificationMetadata ?? known?.metadata;
  return {
    name,
    heartbeatTimeout,
    defaultResult: DefaultResult === undefined ? (known?.defaultResult ?? 'ABANDON') : resultOf(DefaultResult),
    ...(metadata !== undefined && { metadata }),
    ...(known?.drains === true && { drains: true }),
  };
}

function resultOf(text: string): Result {
  if (text === 'ABANDON' || text === 'CONTINUE') return text;
  throw invalid(`The lifecycle action result must be CONTINUE or ABANDON, and not ${text}.`);
}

const noHook = ({ name }: AutoScalingGroup, hook: string) =>
  invalid(`No Lifecycle Hook found with name ${hook} for Auto Scaling group ${name}`);

/**
 * The error for a group without such a hook. Source: Auto Scaling user guide, "Configure instance retention". AWS does
 * not document the text.
 */
export const needsHook = ({ name }: AutoScalingGroup) =>
  invalid(`Retention by TerminateHookAbandon needs a termination lifecycle hook of Auto Scaling group ${name}.`);
