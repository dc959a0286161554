import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { LaunchTemplateSpecification, UpdateParam } from '@aws-sdk/client-eks';
import { AwsError } from '../../wire/aws-error.ts';
import type { Images } from '../ec2/images.ts';
import type { InstanceTypeOfferings } from '../ec2/instance-type-offerings.ts';
import { DEFAULT_VERSION, type LaunchTemplates } from '../ec2/launch-templates.ts';
import type { VcpuQuotas } from '../ec2/vcpu-quotas.ts';
import type { AmiReleases } from './ami-releases.ts';
import type { EksNodeGroup } from './node-group.ts';

/** The resources that EKS looks up for an update. */
export interface Known {
  readonly releases: AmiReleases;
  readonly launchTemplates: LaunchTemplates;
  readonly images: Images;
  /** The number of nodes that a subnet has addresses for. */
  readonly freeAddresses: (subnetId: string) => number;
  readonly vcpuQuotas: VcpuQuotas;
  readonly offerings: InstanceTypeOfferings;
}

/** The target of a node group's update. */
export interface UpdateTarget {
  readonly kubernetesVersion: string;
  readonly releaseVersion: string;
  readonly imageId: string;
  readonly params: readonly UpdateParam[];
  /** The key pair of the nodes that the update launches; undefined for none. */
  readonly keyName: string | undefined;
  readonly launchTemplate?: LaunchTemplateSpecification;
}

/**
 * The target of an update of a group with a custom AMI: the AMI in a version of its own launch template. Without a
 * version, the template's default one counts. Sources: EKS API reference, UpdateNodegroupVersion and
 * LaunchTemplateSpecification; EKS user guide, "Customize managed nodes with launch templates", for the members that a
 * template may not have.
 *
 * @throws InvalidParameterException, InvalidRequestException
 */
export function customTarget(
  group: EksNodeGroup,
  wanted: LaunchTemplateSpecification | undefined,
  known: Known,
): UpdateTarget {
  const invalid = (message: string) => refusal(group, 'InvalidParameterException', message);
  if (wanted === undefined || group.launchTemplate?.id === undefined) {
    throw invalid("Launch template details can't be null for Custom ami type node group");
  }
  const named = namedTemplate(group, wanted, known);
  const { ImageId: imageId } = named.data;
  if (imageId === undefined)
    throw invalid('The launch template version must name an AMI for a Custom ami type node group.');
  if (!known.images.list().some(({ ImageId, State }) => ImageId === imageId && State === 'available')) {
    throw refusal(group, 'InvalidRequestException', `The image id '[${imageId}]' does not exist`);
  }
  return { kubernetesVersion: group.version, releaseVersion: imageId, imageId, ...named };
}

/** The parts of an update that come from a version of the group's own launch template. */
type Named = Pick<UpdateTarget, 'params' | 'keyName' | 'launchTemplate'> & {
  readonly data: ResponseLaunchTemplateData;
};

/**
 * The named version of a group's own launch template; the default version where none is named.
 *
 * @throws InvalidParameterException
 */
export function namedTemplate(
  group: EksNodeGroup,
  { id, name, version = String(DEFAULT_VERSION) }: LaunchTemplateSpecification,
  { launchTemplates }: Pick<Known, 'launchTemplates'>,
): Named {
  const invalid = (message: string) => refusal(group, 'InvalidParameterException', message);
  const { launchTemplate: own } = group;
  if (own?.id === undefined) throw invalid(NO_TEMPLATE);
  if ((id === undefined) === (name === undefined)) {
    throw invalid('You must specify either the launch template ID or the launch template name, but not both.');
  }
  if ((id ?? own.id) !== own.id || (name ?? own.name) !== own.name) {
    throw invalid('You cannot change the launch template of a node group to a different launch template.');
  }
  const { data } = versionOf(own.id);
  const { NetworkInterfaces = [], IamInstanceProfile, InstanceMarketOptions, HibernationOptions } = data;
  if (IamInstanceProfile !== undefined || InstanceMarketOptions !== undefined || HibernationOptions !== undefined) {
    throw invalid('The launch template names what a managed node group does not allow in it.');
  }
  if (NetworkInterfaces.some(({ SubnetId }) => SubnetId !== undefined)) {
    throw invalid('The launch template must not name subnets.');
  }
  return {
    data,
    keyName: data.KeyName,
    params: [
      { type: 'LaunchTemplateName', value: own.name ?? '' },
      { type: 'LaunchTemplateVersion', value: version },
    ],
    launchTemplate: { ...own, version },
  };

  function versionOf(templateId: string) {
    try {
      return launchTemplates.version(templateId, version);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw invalid(`The launch template version ${version} does not exist: ${error.message}`);
    }
  }
}

/**
 * A launch template can be given only for groups that were created with one. Source: EKS API reference,
 * UpdateNodegroupVersion.
 */
const NO_TEMPLATE = 'You cannot specify a launch template for a node group that was created without one.';

export const refusal = (group: EksNodeGroup, code: string, message: string, status = 400): AwsError =>
  new AwsError(code, message, status, { clusterName: group.cluster.name, nodegroupName: group.name });
