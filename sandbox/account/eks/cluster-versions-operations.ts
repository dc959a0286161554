import {
  type ClusterVersionInformation,
  DescribeClusterVersions$,
  type DescribeClusterVersionsCommandInput,
  type DescribeClusterVersionsCommandOutput,
  type VersionStatus,
} from '@aws-sdk/client-eks';
import { AwsError } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { type Operation, operation } from '../service.ts';
import type { World } from '../world.ts';
import type { EksState } from './state.ts';

/** The largest page. The EKS API reference names none for this operation, and EKS's other operations have 100. */
const MAX_PAGE = 100;
const DAY_MS = 86_400_000;

/**
 * The older spelling of each status, in the deprecated member `status` (EKS API reference, ClusterVersionInformation).
 */
const OLD_STATUS = {
  STANDARD_SUPPORT: 'standard-support',
  EXTENDED_SUPPORT: 'extended-support',
  UNSUPPORTED: 'unsupported',
} as const satisfies Record<VersionStatus, string>;

/**
 * The Kubernetes versions of EKS. Source: the EKS API reference, DescribeClusterVersions. Standard support lasts for 14
 * months after the release, extended support for 12 more (EKS user guide, "Understand the Kubernetes version lifecycle
 * on EKS").
 */
export function clusterVersionOperations(world: World, state: EksState): Record<string, Operation> {
  const describe = (version: string): ClusterVersionInformation & { versionStatus: VersionStatus } => {
    const { standardEndsAt, extendedEndsAt } = state.supportOf(version);
    const { now } = world.time;
    const versionStatus =
      now < standardEndsAt ? 'STANDARD_SUPPORT' : now < extendedEndsAt ? 'EXTENDED_SUPPORT' : 'UNSUPPORTED';
    return {
      clusterVersion: version,
      clusterType: 'eks',
      defaultPlatformVersion: 'eks.1',
      defaultVersion: false,
      releaseDate: new Date(standardEndsAt - 425 * DAY_MS),
      endOfStandardSupportDate: new Date(standardEndsAt),
      endOfExtendedSupportDate: new Date(extendedEndsAt),
      status: OLD_STATUS[versionStatus],
      versionStatus,
      kubernetesPatchVersion: `${version}.1`,
    };
  };
  const nameOf = ({ clusterVersion = '' }: ClusterVersionInformation) => clusterVersion;
  return {
    DescribeClusterVersions: operation<DescribeClusterVersionsCommandInput, DescribeClusterVersionsCommandOutput>(
      DescribeClusterVersions$,
      ['clusterType', 'clusterVersions', 'includeAll', 'maxResults', 'nextToken', 'versionStatus'],
      ({ clusterVersions, includeAll = false, maxResults = MAX_PAGE, nextToken, versionStatus }) => {
        const invalid = (message: string) => new AwsError('InvalidParameterException', message);
        if (maxResults < 1 || maxResults > MAX_PAGE) throw invalid(`maxResults must be between 1 and ${MAX_PAGE}.`);
        const found = state
          .versions()
          .map(describe)
          .filter(
            (each) =>
              (includeAll || each.versionStatus !== 'UNSUPPORTED') &&
              (clusterVersions?.includes(nameOf(each)) ?? true) &&
              (versionStatus === undefined || each.versionStatus === versionStatus),
          );
        const page = pageOf(found.sort(byText(nameOf)), nameOf, maxResults, nextToken, () =>
          invalid('The nextToken is invalid.'),
        );
        return { clusterVersions: page.items, nextToken: page.nextToken };
      },
      () => [{ action: 'eks:DescribeClusterVersions', resource: '*' }],
    ),
  };
}
