import { createHash } from 'node:crypto';
import {
  CreateLaunchTemplateVersionCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { otherDifferences, withImage } from './launch-template-version.ts';
import { type Reading, read } from './reading.ts';
import { tagsOf } from './worker.ts';

/** One version of a launch template. It never changes. */
export interface TemplateVersion {
  readonly templateId: string;
  readonly templateName: string;
  readonly version: number;
  /** The tags of the template: versions have none. */
  readonly tags: Readonly<Record<string, string>>;
  readonly data: ResponseLaunchTemplateData;
}

/**
 * Reads one version of a launch template, with the template's tags. An AMI that the template names by a parameter is told
 * as `resolve:ssm:…`.
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
    const { LaunchTemplateName: templateName = '', Tags = [] } = template;
    return { templateId, templateName, version: number, tags: tagsOf({ Tags }), data };
  }, 'tell');

/** The version that was made, or why what EC2 made of the request cannot be used, as a sentence. */
export type MadeVersion = { readonly version: number; readonly requestId: string } | { readonly unfit: string };

/**
 * Makes a version with another AMI and nothing else changed. The template's default version stays as it is: others may
 * launch from it. The same request always makes the same version, as long as EC2 remembers its token.
 *
 * EC2 makes a version also of what it warns of ("CreateLaunchTemplateVersion", EC2 API reference): that one, and one that
 * came out otherwise than asked for, stays unused.
 *
 * @throws EC2's error
 */
export async function createVersionWithImage(
  ec2: EC2Client,
  { templateId, version: source, data }: TemplateVersion,
  imageId: string,
): Promise<MadeVersion> {
  const made = await ec2.send(
    new CreateLaunchTemplateVersionCommand({
      LaunchTemplateId: templateId,
      SourceVersion: String(source),
      LaunchTemplateData: withImage(data, imageId),
      VersionDescription: `eks-host-remediator: version ${source} with ${imageId}`,
      ClientToken: createHash('sha256').update(`${templateId} ${source} ${imageId}`).digest('hex'),
    }),
  );
  const { VersionNumber: version, LaunchTemplateData: after } = made.LaunchTemplateVersion ?? {};
  if (version === undefined) return { unfit: `EC2 names no version that it made of ${templateId}.` };
  const what = `Version ${version} of ${templateId}, which was made for ${imageId}, is not used`;
  const warnings = (made.Warning?.Errors ?? []).map(({ Code = '', Message = '' }) => `${Code}: ${Message}`);
  if (warnings.length > 0) return { unfit: `${what}: EC2 warns of it (${warnings.join('; ')}).` };
  const differing = otherDifferences(data, after ?? {});
  if (differing.length > 0 || after?.ImageId !== imageId) {
    const members = differing.length > 0 ? differing.join(', ') : 'ImageId';
    return { unfit: `${what}: it differs from version ${source} in ${members}.` };
  }
  return { version, requestId: made.$metadata.requestId ?? '' };
}
