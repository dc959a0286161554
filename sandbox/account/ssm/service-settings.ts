import {
  GetServiceSetting$,
  type GetServiceSettingCommandInput,
  type GetServiceSettingCommandOutput,
  ResetServiceSetting$,
  type ResetServiceSettingCommandInput,
  type ResetServiceSettingCommandOutput,
  type ServiceSetting,
  UpdateServiceSetting$,
  type UpdateServiceSettingCommandInput,
  type UpdateServiceSettingCommandOutput,
} from '@aws-sdk/client-ssm';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { type Operation, operation, type Permission } from '../service.ts';
import { callerArn } from '../sts/sts.ts';
import type { World } from '../world.ts';

/** The setting that names the role of Default Host Management. */
export const DEFAULT_HOST_MANAGEMENT = '/ssm/managed-instance/default-ec2-instance-management-role';
/** The role that the console creates for it, with its path, as in the setting. */
export const DEFAULT_HOST_MANAGEMENT_ROLE = 'service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole';
/** Value of the setting while nobody has set it. */
const NONE = '$None';

/**
 * The tier of parameters that are put without one. It is `Standard` until somebody sets it, which nobody can do here.
 */
const PARAMETER_TIER = '/ssm/parameter-store/default-parameter-tier';

/** The other settings that the API reference lists. */
const OTHER_SETTINGS: ReadonlySet<string> = new Set([
  '/ssm/appmanager/appmanager-enabled',
  '/ssm/automation/customer-script-log-destination',
  '/ssm/automation/customer-script-log-group-name',
  '/ssm/automation/enable-adaptive-concurrency',
  '/ssm/documents/console/public-sharing-permission',
  '/ssm/managed-instance/activation-tier',
  '/ssm/opsinsights/opscenter',
  PARAMETER_TIER,
  '/ssm/parameter-store/high-throughput-enabled',
]);

/**
 * The account's service settings of Systems Manager. The sandbox supports Default Host Management and, read only, the
 * default parameter tier.
 */
export class ServiceSettings {
  readonly #world: World;
  readonly #listeners: Array<() => void> = [];
  #value: string | undefined;
  #modifiedAt: number;
  #modifiedBy = 'System';

  constructor(world: World) {
    this.#world = world;
    this.#modifiedAt = world.time.now;
  }

  /** Calls the listener when the setting changes. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Name of the role of Default Host Management, without its path; undefined while it is off. */
  get defaultHostManagementRole(): string | undefined {
    return this.#value?.slice(this.#value.lastIndexOf('/') + 1);
  }

  /** @param value a role's name, preceded by its path without the leading slash; undefined: off */
  set(value: string | undefined, modifiedBy: string): void {
    this.#value = value;
    this.#modifiedAt = this.#world.time.now;
    this.#modifiedBy = modifiedBy;
    for (const listener of this.#listeners) listener();
  }

  describe(): ServiceSetting {
    return {
      SettingId: DEFAULT_HOST_MANAGEMENT,
      SettingValue: this.#value ?? NONE,
      LastModifiedDate: new Date(this.#modifiedAt),
      LastModifiedUser: this.#modifiedBy,
      ARN: this.arn(DEFAULT_HOST_MANAGEMENT),
      Status: this.#value === undefined ? 'Default' : 'Customized',
    };
  }

  parameterTier(): ServiceSetting {
    return {
      SettingId: PARAMETER_TIER,
      SettingValue: 'Standard',
      LastModifiedUser: 'System',
      ARN: this.arn(PARAMETER_TIER),
      Status: 'Default',
    };
  }

  arn(settingId: string): string {
    const { partition, region, accountId } = this.#world;
    return `arn:${partition}:ssm:${region}:${accountId}:servicesetting${settingId}`;
  }
}

/** Get, Update and ResetServiceSetting, which take the setting's id or its ARN. */
export function serviceSettingOperations(world: World, settings: ServiceSettings): Record<string, Operation> {
  const permission = (action: string, settingId: string): Permission => ({
    action: `ssm:${action}`,
    resource: settings.arn(idOf(settingId)),
  });
  return {
    GetServiceSetting: operation<GetServiceSettingCommandInput, GetServiceSettingCommandOutput>(
      GetServiceSetting$,
      ['SettingId'],
      ({ SettingId = '' }) => {
        if (idOf(SettingId) === PARAMETER_TIER) return { ServiceSetting: settings.parameterTier() };
        refuseOther(SettingId);
        return { ServiceSetting: settings.describe() };
      },
      ({ SettingId = '' }) => [permission('GetServiceSetting', SettingId)],
    ),
    UpdateServiceSetting: operation<UpdateServiceSettingCommandInput, UpdateServiceSettingCommandOutput>(
      UpdateServiceSetting$,
      ['SettingId', 'SettingValue'],
      ({ SettingId = '', SettingValue = '' }, { caller }) => {
        refuseOther(SettingId);
        if (!/^([\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/.test(SettingValue)) {
          throw new AwsError('ValidationException', `Invalid role name ${SettingValue}.`);
        }
        settings.set(SettingValue, callerArn(world, caller));
        return {};
      },
      ({ SettingId = '', SettingValue = '' }) => [
        permission('UpdateServiceSetting', SettingId),
        {
          action: 'iam:PassRole',
          resource: `arn:${world.partition}:iam::${world.accountId}:role/${SettingValue}`,
          context: { 'iam:PassedToService': 'ssm.amazonaws.com' },
        },
      ],
    ),
    ResetServiceSetting: operation<ResetServiceSettingCommandInput, ResetServiceSettingCommandOutput>(
      ResetServiceSetting$,
      ['SettingId'],
      ({ SettingId = '' }) => {
        refuseOther(SettingId);
        settings.set(undefined, 'System');
        return { ServiceSetting: settings.describe() };
      },
      ({ SettingId = '' }) => [permission('ResetServiceSetting', SettingId)],
    ),
  };
}

const idOf = (idOrArn: string): string => idOrArn.replace(/^arn:[^:]+:ssm:[^:]*:\d*:servicesetting/, '');

/** @throws ServiceSettingNotFound, NotImplemented */
function refuseOther(idOrArn: string): void {
  const id = idOf(idOrArn);
  if (id === DEFAULT_HOST_MANAGEMENT) return;
  if (OTHER_SETTINGS.has(id)) throw new NotImplemented(`the service setting ${id}`);
  throw new AwsError('ServiceSettingNotFound', `Setting ${idOrArn} not found. Please check your SettingId.`);
}
