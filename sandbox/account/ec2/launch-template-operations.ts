import {
  CreateLaunchTemplateVersion$,
  type CreateLaunchTemplateVersionCommandInput,
  type CreateLaunchTemplateVersionCommandOutput,
  DescribeLaunchTemplates$,
  type DescribeLaunchTemplatesCommandInput,
  type DescribeLaunchTemplatesCommandOutput,
  DescribeLaunchTemplateVersions$,
  type DescribeLaunchTemplateVersionsCommandInput,
  type DescribeLaunchTemplateVersionsCommandOutput,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import { managedBy } from './existing-instance.ts';
import { DEFAULT_VERSION, type LaunchTemplate, type LaunchTemplateVersion } from './launch-templates.ts';
import { permissionOn } from './resources.ts';
import { describedTags, search } from './search.ts';
import type { Ec2State } from './state.ts';

/** Source: EC2 API reference, DescribeLaunchTemplates (MaxResults). */
const LARGEST_PAGE = 200;
const LONGEST_DATA = 16_384;

/** Launch templates and their versions. */
export function launchTemplateOperations(state: Ec2State): Record<string, Operation> {
  const { launchTemplates, world } = state;
  const versionOf = (
    { id, name }: LaunchTemplate,
    { number, description, data, createdAt }: LaunchTemplateVersion,
  ) => ({
    LaunchTemplateId: id,
    LaunchTemplateName: name,
    VersionNumber: number,
    VersionDescription: description,
    CreateTime: new Date(createdAt),
    CreatedBy: `arn:${world.partition}:iam::${world.accountId}:root`,
    DefaultVersion: number === DEFAULT_VERSION,
    LaunchTemplateData: data,
  });
  const byToken = new Map<
    string,
    { readonly request: string; readonly answer: CreateLaunchTemplateVersionCommandOutput }
  >();
  return {
    DescribeLaunchTemplates: operation<DescribeLaunchTemplatesCommandInput, DescribeLaunchTemplatesCommandOutput>(
      DescribeLaunchTemplates$,
      ['LaunchTemplateIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ LaunchTemplateIds, ...request }) => {
        const named = LaunchTemplateIds?.map((id) => launchTemplates.get(id)) ?? launchTemplates.list();
        const { items, nextToken } = search(
          named,
          ({ id }) => id,
          { 'launch-template-name': ({ name }) => name },
          ({ tags }) => tags,
          request,
          LARGEST_PAGE,
        );
        return {
          LaunchTemplates: items.map(({ id, name, tags, versions, createdAt, operator }) => ({
            LaunchTemplateId: id,
            LaunchTemplateName: name,
            CreateTime: new Date(createdAt),
            CreatedBy: `arn:${world.partition}:iam::${world.accountId}:root`,
            DefaultVersionNumber: DEFAULT_VERSION,
            LatestVersionNumber: versions.at(-1)?.number,
            Tags: describedTags(tags),
            ...(operator !== undefined && { Operator: { Managed: true, Principal: operator } }),
          })),
          NextToken: nextToken,
        };
      },
    ),
    DescribeLaunchTemplateVersions: operation<
      DescribeLaunchTemplateVersionsCommandInput,
      DescribeLaunchTemplateVersionsCommandOutput
    >(DescribeLaunchTemplateVersions$, ['LaunchTemplateId', 'Versions'], ({ LaunchTemplateId = '', Versions = [] }) => {
      const template = launchTemplates.get(LaunchTemplateId);
      const versions = Versions.map((version) => launchTemplates.version(LaunchTemplateId, version));
      return { LaunchTemplateVersions: versions.map((version) => versionOf(template, version)) };
    }),
    CreateLaunchTemplateVersion: operation<
      CreateLaunchTemplateVersionCommandInput,
      CreateLaunchTemplateVersionCommandOutput
    >(
      CreateLaunchTemplateVersion$,
      ['ClientToken', 'LaunchTemplateId', 'SourceVersion', 'VersionDescription', 'LaunchTemplateData'],
      ({ ClientToken, ...input }) => {
        const request = JSON.stringify(input);
        const earlier = ClientToken === undefined ? undefined : byToken.get(ClientToken);
        if (earlier !== undefined && earlier.request !== request) {
          const message = 'The client token was used for a request with other parameters.';
          throw new AwsError('IdempotentParameterMismatch', message);
        }
        if (earlier !== undefined) return earlier.answer;
        const { LaunchTemplateId = '', LaunchTemplateData = {}, SourceVersion, VersionDescription } = input;
        refuseUnfit(LaunchTemplateData, VersionDescription);
        const { operator } = launchTemplates.get(LaunchTemplateId);
        if (operator !== undefined) throw managedBy(operator, `launch template '${LaunchTemplateId}'`);
        const source = SourceVersion && launchTemplates.version(LaunchTemplateId, SourceVersion).number;
        const made = launchTemplates.makeVersion(LaunchTemplateId, LaunchTemplateData, {
          ...(typeof source === 'number' && { source }),
          description: VersionDescription,
        });
        const warning = warningOf(made, state);
        const template = launchTemplates.get(LaunchTemplateId);
        const answer = { LaunchTemplateVersion: versionOf(template, made), ...warning, $metadata: {} };
        if (ClientToken !== undefined) byToken.set(ClientToken, { request, answer });
        return answer;
      },
      ({ LaunchTemplateId = '' }) => [permissionOn(state, 'CreateLaunchTemplateVersion', LaunchTemplateId)],
    ),
  };
}

/** @throws InvalidUserData.Malformed, InvalidParameterValue */
function refuseUnfit(
  { UserData = '' }: NonNullable<CreateLaunchTemplateVersionCommandInput['LaunchTemplateData']>,
  description = '',
): void {
  if (description.length > 255) {
    throw new AwsError('InvalidParameterValue', 'The version description must be at most 255 characters long.');
  }
  if (Buffer.from(UserData, 'base64').toString('base64') !== UserData) {
    throw new AwsError('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data.');
  }
  if (Buffer.from(UserData, 'base64').length > LONGEST_DATA) {
    throw new AwsError('InvalidParameterValue', 'User data is limited to 16384 bytes');
  }
}

/** The warning about a version with an AMI that does not exist. EC2 makes such a version nevertheless. */
function warningOf({ data: { ImageId = '' } }: LaunchTemplateVersion, { images }: Ec2State) {
  const isThere =
    ImageId === '' ||
    ImageId.startsWith('resolve:') ||
    images.list().some((one) => one.ImageId === ImageId && one.State === 'available');
  if (isThere) return {};
  return {
    Warning: {
      Errors: [{ Code: 'InvalidAMIID.NotFound', Message: `The image id '[${ImageId}]' does not exist` }],
    },
  };
}
