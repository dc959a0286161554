import {
  DescribeTrunkInterfaceAssociations$,
  type DescribeTrunkInterfaceAssociationsCommandInput,
  type DescribeTrunkInterfaceAssociationsCommandOutput,
} from '@aws-sdk/client-ec2';
import { type Operation, operation } from '../service.ts';
import { search } from './search.ts';

/** Source: EC2 API reference, DescribeTrunkInterfaceAssociations (MaxResults). */
const LARGEST_PAGE = 255;

/** Who shares VPCs with the account, Instance Connect Endpoints, and the trunk interfaces with those that they carry. */
export class VpcFeatures {
  /** The accounts that share VPCs with this one, by the VPC: they own its subnets, route tables, ACLs and endpoints. */
  readonly owners = new Map<string, string>();
  /** The DNS servers of VPCs whose DHCP options do not name Amazon's resolver, and whether these ask that one. */
  readonly dns = new Map<string, { readonly servers: readonly string[]; readonly forwards: boolean }>();
  /** VPCs in which Amazon's resolver answers nobody. */
  readonly withoutResolver = new Set<string>();
  /** EC2 Instance Connect Endpoints, by id: the VPC that each is in. */
  readonly connectEndpoints = new Map<string, string>();
  /** Trunk interfaces, by the pod interfaces that they carry. */
  readonly trunks = new Map<string, string>();
}

/** Reads trunk interfaces. */
export function vpcFeatureOperations(features: VpcFeatures): Record<string, Operation> {
  return {
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
