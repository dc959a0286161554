import {
  _InstanceType,
  DescribeInstanceTypeOfferings$,
  type DescribeInstanceTypeOfferingsCommandInput,
  type DescribeInstanceTypeOfferingsCommandOutput,
} from '@aws-sdk/client-ec2';
import { NotImplemented } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import type { World } from '../world.ts';
import { search } from './search.ts';

/** Source: EC2 API reference, DescribeInstanceTypeOfferings (MaxResults). */
const LARGEST_PAGE = 1000;

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

  list(): Offering[] {
    return Object.values(_InstanceType).flatMap((type) =>
      ZONES.map((letter) => ({ type, zone: `${this.#region}${letter}` })).filter(
        (offering) => !this.#withheld.has(idOf(offering)),
      ),
    );
  }
}

const idOf = ({ type, zone }: Offering): string => `${type} ${zone}`;

/** Describes which instance types are offered in Availability Zones. */
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
});
