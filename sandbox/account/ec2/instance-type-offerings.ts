import {
  _InstanceType,
  DescribeInstanceTypeOfferings$,
  type DescribeInstanceTypeOfferingsCommandInput,
  type DescribeInstanceTypeOfferingsCommandOutput,
  DescribeInstanceTypes$,
  type DescribeInstanceTypesCommandInput,
  type DescribeInstanceTypesCommandOutput,
} from '@aws-sdk/client-ec2';
import { NotImplemented } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import type { World } from '../world.ts';
import { search } from './search.ts';
import { vcpusOf } from './vcpu-quotas.ts';

/** Source: EC2 API reference, DescribeInstanceTypeOfferings (MaxResults). */
const LARGEST_PAGE = 1000;

/** Source: EC2 API reference, DescribeInstanceTypes (MaxResults). */
const LARGEST_PAGE_OF_TYPES = 100;

const ZONES = ['a', 'b', 'c'];

/** An instance type that EC2 offers in an Availability Zone. */
interface Offering {
  readonly type: _InstanceType;
  readonly zone: string;
}

/** The instance types that EC2 offers, by Availability Zone: all types in all zones, except withheld ones. */
export class InstanceTypeOfferings {
  readonly #region: string;
  readonly #withheld = new Set<string>();

  constructor({ region }: Pick<World, 'region'>) {
    this.#region = region;
  }

  withhold({ type, zone }: { readonly type: string; readonly zone: string }): void {
    this.#withheld.add(`${type} ${zone}`);
  }

  isOffered(offering: { readonly type: string; readonly zone: string }): boolean {
    return !this.#withheld.has(idOf(offering));
  }

  list(): Offering[] {
    return Object.values(_InstanceType).flatMap((type) =>
      ZONES.map((letter) => ({ type, zone: `${this.#region}${letter}` })).filter((offering) =>
        this.isOffered(offering),
      ),
    );
  }
}

const idOf = ({ type, zone }: { readonly type: string; readonly zone: string }): string => `${type} ${zone}`;

/** Describes instance types, and in which Availability Zones they are offered. */
export const offeringOperations = (offerings: InstanceTypeOfferings): Record<string, Operation> => ({
  DescribeInstanceTypeOfferings: operation<
    DescribeInstanceTypeOfferingsCommandInput,
    DescribeInstanceTypeOfferingsCommandOutput
  >(DescribeInstanceTypeOfferings$, ['LocationType', 'Filters', 'MaxResults', 'NextToken'], (input) => {
    const { LocationType, ...request } = input;
    if (LocationType !== 'availability-zone') throw new NotImplemented(`offerings by ${LocationType ?? 'region'}`);
    const fields = {
      'instance-type': ({ type }: Offering) => type,
      location: ({ zone }: Offering) => zone,
    };
    const { items, nextToken } = search(offerings.list(), idOf, fields, () => new Map(), request, LARGEST_PAGE);
    return {
      InstanceTypeOfferings: items.map(({ type, zone }) => ({
        InstanceType: type,
        LocationType: 'availability-zone' as const,
        Location: zone,
      })),
      NextToken: nextToken,
    };
  }),
  DescribeInstanceTypes: operation<DescribeInstanceTypesCommandInput, DescribeInstanceTypesCommandOutput>(
    DescribeInstanceTypes$,
    ['Filters', 'MaxResults', 'NextToken'],
    (request) => {
      const fields = { 'instance-type': (type: _InstanceType) => type };
      const types = Object.values(_InstanceType);
      const { items, nextToken } = search(
        types,
        (type) => type,
        fields,
        () => new Map(),
        request,
        LARGEST_PAGE_OF_TYPES,
      );
      return {
        InstanceTypes: items.map((type) => ({ InstanceType: type, VCpuInfo: { DefaultVCpus: vcpusOf(type) } })),
        NextToken: nextToken,
      };
    },
  ),
});
