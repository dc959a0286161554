import {
  DeleteParameter$,
  type DeleteParameterCommandInput,
  type DeleteParameterCommandOutput,
  DescribeInstanceInformation$,
  type DescribeInstanceInformationCommandInput,
  type DescribeInstanceInformationCommandOutput,
  GetConnectionStatus$,
  type GetConnectionStatusCommandInput,
  type GetConnectionStatusCommandOutput,
  GetParameter$,
  type GetParameterCommandInput,
  type GetParameterCommandOutput,
  GetParameters$,
  GetParametersByPath$,
  type GetParametersByPathCommandInput,
  type GetParametersByPathCommandOutput,
  type GetParametersCommandInput,
  type GetParametersCommandOutput,
  PutParameter$,
  type PutParameterCommandInput,
  type PutParameterCommandOutput,
} from '@aws-sdk/client-ssm';
import { AwsError } from '../../wire/aws-error.ts';
import type { Instances } from '../ec2/instances.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation, type Service } from '../service.ts';
import type { World } from '../world.ts';
import type { SsmAgents } from './agents.ts';
import { describeInstanceInformation } from './agents-list.ts';
import { type ChangeCalendars, calendarOperations } from './calendars.ts';
import type { Commands } from './commands.ts';
import { commandOperations } from './commands-operations.ts';
import type { ParameterStore } from './parameters.ts';
import { type ServiceSettings, serviceSettingOperations } from './service-settings.ts';
import { sessionDocumentOperations } from './session-documents.ts';

/** The limit of GetParameters' names, and of GetParametersByPath's page. */
const MAX_PARAMETERS = 10;

/** The parts of Systems Manager's state. */
export interface SystemsManager {
  readonly parameters: ParameterStore;
  readonly agents: SsmAgents;
  readonly commands: Commands;
  readonly serviceSettings: ServiceSettings;
  readonly calendars: ChangeCalendars;
}

/**
 * AWS Systems Manager, limited to Parameter Store, agents, commands, change calendars and the setting of Default Host
 * Management.
 */
export function createSsm(world: World, instances: Instances, state: SystemsManager): Service {
  const { parameters, agents, commands, serviceSettings, calendars } = state;
  const permission = (action: string, name: string) => ({
    action: `ssm:${action}`,
    resource: name.startsWith('arn:') ? name : parameters.arn(name),
  });
  return {
    signingName: 'ssm',
    iamPrefix: 'ssm',
    protocol: 'json-1.1',
    operations: parameters.troubles.around({
      GetParameter: operation<GetParameterCommandInput, GetParameterCommandOutput>(
        GetParameter$,
        ['Name', 'WithDecryption'],
        ({ Name = '' }) => {
          const Parameter = parameters.get(Name);
          if (Parameter === undefined) throw new AwsError('ParameterNotFound', `Parameter ${Name} not found.`);
          return { Parameter };
        },
        ({ Name = '' }) => [permission('GetParameter', Name)],
      ),
      GetParameters: operation<GetParametersCommandInput, GetParametersCommandOutput>(
        GetParameters$,
        ['Names', 'WithDecryption'],
        ({ Names = [] }) => {
          if (Names.length < 1 || Names.length > MAX_PARAMETERS) {
            const bound = Names.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_PARAMETERS}`;
            throw new AwsError(
              'ValidationException',
              `1 validation error detected: Value '[${Names.join(', ')}]' at 'names' failed to satisfy constraint: Member must have length ${bound}`,
            );
          }
          const asked = Names.map((name) => ({ name, parameter: orUndefined(() => parameters.get(name)) }));
          return {
            Parameters: asked.flatMap(({ parameter }) => parameter ?? []),
            InvalidParameters: asked.filter(({ parameter }) => parameter === undefined).map(({ name }) => name),
          };
        },
        ({ Names = [] }) => Names.map((name) => permission('GetParameters', name)),
      ),
      GetParametersByPath: operation<GetParametersByPathCommandInput, GetParametersByPathCommandOutput>(
        GetParametersByPath$,
        ['Path', 'Recursive', 'WithDecryption', 'MaxResults', 'NextToken'],
        ({ Path = '', Recursive = false, MaxResults = MAX_PARAMETERS, NextToken }) => {
          if (!Path.startsWith('/')) {
            throw new AwsError('ValidationException', 'The parameter path must begin with a forward slash (/).');
          }
          if (MaxResults < 1 || MaxResults > MAX_PARAMETERS) {
            throw new AwsError('ValidationException', `MaxResults must be between 1 and ${MAX_PARAMETERS}.`);
          }
          const name = ({ Name = '' }) => Name;
          const found = parameters.below(Path, Recursive).sort(byText(name));
          const { items, nextToken } = pageOf(found, name, MaxResults, NextToken, () => {
            return new AwsError('InvalidNextToken', 'The specified token is not valid.');
          });
          return { Parameters: items, NextToken: nextToken };
        },
        ({ Path = '' }) => [permission('GetParametersByPath', Path)],
      ),
      PutParameter: operation<PutParameterCommandInput, PutParameterCommandOutput>(
        PutParameter$,
        ['Name', 'Value', 'Type', 'Overwrite', 'Description', 'Tier'],
        (input) => parameters.put(input),
        ({ Name = '' }) => [permission('PutParameter', Name)],
      ),
      DeleteParameter: operation<DeleteParameterCommandInput, DeleteParameterCommandOutput>(
        DeleteParameter$,
        ['Name'],
        ({ Name = '' }) => {
          parameters.delete(Name);
          return {};
        },
        ({ Name = '' }) => [permission('DeleteParameter', Name)],
      ),
      DescribeInstanceInformation: operation<
        DescribeInstanceInformationCommandInput,
        DescribeInstanceInformationCommandOutput
      >(DescribeInstanceInformation$, ['Filters', 'MaxResults', 'NextToken'], (input) =>
        describeInstanceInformation(world, agents, input),
      ),
      // Whoever is not known to Systems Manager is not connected.
      GetConnectionStatus: operation<GetConnectionStatusCommandInput, GetConnectionStatusCommandOutput>(
        GetConnectionStatus$,
        ['Target'],
        ({ Target = '' }) => ({ Target, Status: agents.isConnected(Target) ? 'connected' : 'notconnected' }),
        ({ Target = '' }) => [
          {
            action: 'ssm:GetConnectionStatus',
            resource: `arn:${world.partition}:ec2:${world.region}:${world.accountId}:instance/${Target}`,
          },
        ],
      ),
      ...commandOperations(world, commands, instances),
      ...serviceSettingOperations(world, serviceSettings),
      ...sessionDocumentOperations(world),
      ...calendarOperations(world, calendars),
    }),
  };
}

/** GetParameters reports a missing version like an unknown name. */
function orUndefined<Found>(find: () => Found): Found | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ParameterVersionNotFound') return undefined;
    throw error;
  }
}
