import {
  type Activity,
  DescribeAutoScalingGroups$,
  type DescribeAutoScalingGroupsCommandInput,
  type DescribeAutoScalingGroupsCommandOutput,
  DescribeScalingActivities$,
  type DescribeScalingActivitiesCommandInput,
  type DescribeScalingActivitiesCommandOutput,
} from '@aws-sdk/client-auto-scaling';
import { AwsError } from '../../wire/aws-error.ts';
import { applyFilters } from '../ec2/filters.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation, type Service } from '../service.ts';
import type { World } from '../world.ts';
import { describeGroup } from './descriptions.ts';
import type { AutoScalingGroup } from './group.ts';
import type { AutoScalingGroups } from './groups.ts';
import { describeLaunchConfigurations } from './launch-configurations.ts';
import { instanceOperations } from './operations.ts';

const DEFAULT_PAGE = 50;
const MAX_NAME = 255;
const MAX_PAGE = 100;

/** Amazon EC2 Auto Scaling, limited to groups, standby, instance refreshes and hooks on terminations. */
export function createAutoScaling(world: World, groups: AutoScalingGroups): Service {
  return {
    signingName: 'autoscaling',
    iamPrefix: 'autoscaling',
    protocol: 'query',
    xmlNamespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
    operations: {
      DescribeAutoScalingGroups: operation<
        DescribeAutoScalingGroupsCommandInput,
        DescribeAutoScalingGroupsCommandOutput
      >(
        DescribeAutoScalingGroups$,
        ['AutoScalingGroupNames', 'Filters', 'IncludeInstances', 'MaxRecords', 'NextToken'],
        ({
          AutoScalingGroupNames = [],
          Filters = [],
          IncludeInstances = true,
          MaxRecords = DEFAULT_PAGE,
          NextToken,
        }) => {
          if (MaxRecords < 1 || MaxRecords > MAX_PAGE) {
            throw new AwsError('ValidationError', `MaxRecords must be between 1 and ${MAX_PAGE}`);
          }
          refuseUnfit(AutoScalingGroupNames);
          const wanted = new Set(AutoScalingGroupNames);
          const named = groups.list().filter(({ name }) => wanted.size === 0 || wanted.has(name));
          const name = (group: AutoScalingGroup) => group.name;
          const found = filter(named, Filters).sort(byText(name));
          const { items, nextToken } = pageOf(found, name, MaxRecords, NextToken, () => {
            return new AwsError('InvalidNextToken', 'The NextToken value is not valid.');
          });
          return {
            AutoScalingGroups: items.map((group) => describeGroup(group, IncludeInstances)),
            NextToken: nextToken,
          };
        },
      ),
      DescribeScalingActivities: operation<
        DescribeScalingActivitiesCommandInput,
        DescribeScalingActivitiesCommandOutput
      >(
        DescribeScalingActivities$,
        ['AutoScalingGroupName', 'ActivityIds', 'IncludeDeletedGroups', 'MaxRecords', 'NextToken'],
        ({ AutoScalingGroupName, ActivityIds = [], MaxRecords = MAX_PAGE, NextToken }) => {
          if (MaxRecords < 1 || MaxRecords > MAX_PAGE) {
            throw new AwsError('ValidationError', `MaxRecords must be between 1 and ${MAX_PAGE}`);
          }
          const found = groups.activities
            .list()
            .filter((one) => AutoScalingGroupName === undefined || one.AutoScalingGroupName === AutoScalingGroupName)
            .filter(({ ActivityId = '' }) => ActivityIds.length === 0 || ActivityIds.includes(ActivityId));
          const id = ({ ActivityId = '' }: Activity) => ActivityId;
          const { items, nextToken } = pageOf(found, id, MaxRecords, NextToken, () => {
            return new AwsError('InvalidNextToken', 'The NextToken value is not valid.');
          });
          return { Activities: items, NextToken: nextToken };
        },
      ),
      DescribeLaunchConfigurations: describeLaunchConfigurations(world, groups),
      ...instanceOperations(world, groups),
    },
  };
}

type RequestedFilters = NonNullable<DescribeAutoScalingGroupsCommandInput['Filters']>;

/** Auto Scaling supports only `tag-key`, `tag-value` and `tag:KEY`. */
function filter(groups: AutoScalingGroup[], filters: RequestedFilters): AutoScalingGroup[] {
  const tagsOf = ({ tags }: AutoScalingGroup) => new Map(Object.entries(tags));
  return filters.reduce((kept, { Name = '', Values = [] }) => {
    if (Name === 'tag-value') {
      return kept.filter(({ tags }) => Object.values(tags).some((value) => Values.includes(value)));
    }
    if (Name !== 'tag-key' && !Name.startsWith('tag:')) {
      throw new AwsError(
        'ValidationError',
        `Filter type ${Name} is not correct. Allowed filter types are: tag-key, tag-value, tag:<key>`,
      );
    }
    return applyFilters(kept, [{ Name, Values }], {}, tagsOf);
  }, groups);
}

/** Source: API reference, DescribeAutoScalingGroups, AutoScalingGroupNames: of 1 to 255 characters each. */
function refuseUnfit(names: readonly string[]): void {
  if (names.every(({ length }) => length >= 1 && length <= MAX_NAME)) return;
  const message = `Each member of autoScalingGroupNames must have a length between 1 and ${MAX_NAME}`;
  throw new AwsError('ValidationError', `1 validation error detected: ${message}`);
}
