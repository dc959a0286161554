import { createHash } from 'node:crypto';
import {
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { differencesFrom, type TemplateChange, withChange } from './launch-template-version.ts';
import { type Reading, read } from './reading.ts';
import { tagsOf } from './worker.ts';

/** One version of a launch template. It never changes. */
export interface TemplateVersion {
  readonly templateId: string;
  readonly templateName: string;
  readonly version: number;
  /** The tags of the template, because versions have none. */
  readonly tags: Readonly<Record<string, string>>;
  /** The AWS service that alone may change the template; absent where there is none. */
  readonly operator?: string;
  readonly data: ResponseLaunchTemplateData;
}

/**
 * Reads one version of a launch template, with the template's tags. An AMI that the template names by a parameter
 * appears as `resolve:ssm:…`.
 *
 * @param version a number, or `$Latest` or `$Default`
 */
export const readTemplateVersion = (
  ec2: EC2Client,
  templateId: string,
  version: string,
): Promise<Reading<TemplateVersion>> =>
  read(async () => {
    const [versions, templates] = await Promise.all([
      ec2.send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: templateId, Versions: [version] })),
      ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds: [templateId] })),
    ]);
    const { LaunchTemplateData: data, VersionNumber: number } = versions.LaunchTemplateVersions?.[0] ?? {};
    const template = templates.LaunchTemplates?.[0];
    if (data === undefined || number === undefined || template === undefined) return undefined;
    const { LaunchTemplateName: templateName = '', Tags = [], Operator: { Principal: operator } = {} } = template;
    const tags = tagsOf({ Tags });
    return { templateId, templateName, version: number, tags, data, ...(operator !== undefined && { operator }) };
  }, 'tell');

/** The new version, or why what EC2 made of the request cannot be used, as a sentence. */
export type MadeVersion = { readonly version: number; readonly requestId: string } | { readonly unfit: string };

/**
 * Makes a version with one change. The template's default version stays as it is, because others may launch from it.
 * The same request always makes the same version, as long as EC2 remembers its token.
 *
 * EC2 also makes a version where it warns ("CreateLaunchTemplateVersion", EC2 API reference). Such a version stays
 * unused, and so does one that differs from what was wanted.
 *
 * @throws EC2's error
 */
export async function createVersion(
  ec2: EC2Client,
  { templateId, version: source, data }: TemplateVersion,
  change: TemplateChange,
): Promise<MadeVersion> {
  const { imageId, withoutKeyPair } = change;
  const wanted = withChange(data, change);
  const words = [
    ...(imageId === undefined ? [] : [`with ${imageId}`]),
    ...(withoutKeyPair ? ['without a key pair'] : []),
  ];
  const made = await ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: templateId,
      ...(withoutKeyPair !== true && { SourceVersion: String(source) }),
      LaunchTemplateData: wanted,
      VersionDescription: `eks-host-remediator: version ${source} ${words.join(' and ')}`,
      ClientToken: createHash('sha256')
        .update(
          [templateId, source, imageId, withoutKeyPair && 'no key'].filter((part) => part !== undefined).join(' '),
        )
        .digest('hex'),
    }),
  );
  const { VersionNumber: version, LaunchTemplateData: after } = made.LaunchTemplateVersion ?? {};
  if (version === undefined) return { unfit: `EC2 names no version that it made of ${templateId}.` };
  const what = `Version ${version} of ${templateId}, which was made ${words.join(' and ')}, is not used`;
  const warnings = (made.Warning?.Errors ?? []).map(({ Code = '', Message = '' }) => `${Code}: ${Message}`);
  if (warnings.length > 0) return { unfit: `${what}: EC2 warns of it (${warnings.join('; ')}).` };
  const differing = differencesFrom(wanted, after ?? {});
  if (differing.length > 0) {
    return {
      unfit: `${what}: it differs from what was asked for, made of version ${source}, in ${differing.join(', ')}.`,
    };
  }
  return { version, requestId: made.$metadata.requestId ?? '' };
}
