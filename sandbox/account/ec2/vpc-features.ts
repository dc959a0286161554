import {
  DescribeLaunchTemplateVersions$,
  type DescribeLaunchTemplateVersionsCommandInput,
  type DescribeLaunchTemplateVersionsCommandOutput,
  DescribeTrunkInterfaceAssociations$,
  type DescribeTrunkInterfaceAssociationsCommandInput,
  type DescribeTrunkInterfaceAssociationsCommandOutput,
  type ResponseLaunchTemplateData,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import { search } from './search.ts';

/** Source: EC2 API reference, DescribeTrunkInterfaceAssociations (MaxResults). */
const LARGEST_PAGE = 255;

/** Launch templates, and the trunk interfaces with the interfaces that they carry. */
export class VpcFeatures {
  /** By template id: the data of all its versions, or of one of them (`lt-… 2`). */
  readonly launchTemplates = new Map<string, ResponseLaunchTemplateData>();
  /** EC2 Instance Connect Endpoints, by id: the VPC that each is in. */
  readonly connectEndpoints = new Map<string, string>();
  /** Trunk interfaces, by the pod interfaces that they carry. */
  readonly trunks = new Map<string, string>();
}

/** Reads launch templates and trunk interfaces. */
export function vpcFeatureOperations(features: VpcFeatures): Record<string, Operation> {
  return {
    DescribeLaunchTemplateVersions: operation<
      DescribeLaunchTemplateVersionsCommandInput,
      DescribeLaunchTemplateVersionsCommandOutput
    >(
      DescribeLaunchTemplateVersions$,
      ['LaunchTemplateId', 'Versions'],
      ({ LaunchTemplateId = '', Versions = [] }) => ({
        LaunchTemplateVersions: Versions.map((version) => {
          const data =
            features.launchTemplates.get(`${LaunchTemplateId} ${version}`) ??
            features.launchTemplates.get(LaunchTemplateId);
          if (data === undefined) {
            const message = `Could not find the specified launch template with ID ${LaunchTemplateId}.`;
            throw new AwsError('InvalidLaunchTemplateId.NotFound', message);
          }
          return { LaunchTemplateId, VersionNumber: Number(version), LaunchTemplateData: data };
        }),
      }),
    ),
    DescribeTrunkInterfaceAssociations: operation<
      DescribeTrunkInterfaceAssociationsCommandInput,
      DescribeTrunkInterfaceAssociationsCommandOutput
    >(DescribeTrunkInterfaceAssociations$, ['MaxResults', 'NextToken'], ({ MaxResults, NextToken }) => {
      const all = [...features.trunks].map(([BranchInterfaceId, TrunkInterfaceId], index) => ({
        AssociationId: `trunk-assoc-0${BranchInterfaceId.slice(5)}`,
        BranchInterfaceId,
        TrunkInterfaceId,
        InterfaceProtocol: 'VLAN' as const,
        VlanId: index + 1,
      }));
      const id = ({ AssociationId }: (typeof all)[number]) => AssociationId;
      const { items, nextToken } = search(all, id, {}, () => new Map(), { MaxResults, NextToken }, LARGEST_PAGE);
      return { InterfaceAssociations: items, NextToken: nextToken };
    }),
  };
}
