import { AwsError } from '../../wire/aws-error.ts';

/** The fewest that types of these sizes take: a t3.medium takes 6 and an m7g.medium 4. */
const ADDRESSES_OF_SIZE: Readonly<Record<string, number>> = { nano: 2, micro: 2, small: 4, medium: 4 };
/** What types of size `large` take at least, such as an m5.large or m7i.large. */
const ADDRESSES_OF_LARGE = 10;

/**
 * Refuses more private IPv4 addresses of an interface than the instance type surely takes. Source: EC2 user guide,
 * "Maximum IP addresses per network interface", whose numbers DescribeInstanceTypes has as
 * `Ipv4AddressesPerInterface`. Larger types take up to 50.
 *
 * @throws AwsError `PrivateIpAddressLimitExceeded` (EC2 API reference, "Error codes")
 */
export function refuseMoreAddresses(instanceType: string, addresses: number): void {
  const [, size = ''] = instanceType.split('.');
  const most = ADDRESSES_OF_SIZE[size] ?? ADDRESSES_OF_LARGE;
  if (addresses <= most) return;
  throw new AwsError(
    'PrivateIpAddressLimitExceeded',
    `Number of private addresses will exceed limit: an interface of ${instanceType} takes ${most}.`,
  );
}
