import {
  DescribeInstanceStatus$,
  type DescribeInstanceStatusCommandInput,
  type DescribeInstanceStatusCommandOutput,
  type InstanceStatusEvent,
  type InstanceStatusSummary,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import { instanceStateCodes } from './descriptions.ts';
import { existingInstance } from './existing-instance.ts';
import type { FilterFields } from './filters.ts';
import type { Instance, ScheduledEvent } from './instances.ts';
import { search } from './search.ts';
import type { Ec2State } from './state.ts';

const LARGEST_PAGE = 1000;
/** Source: EC2 API reference, DescribeInstanceStatus: "Maximum 100 explicitly specified instance IDs". */
const MOST_IDS = 100;

/** The status of instances, with the events that EC2 has scheduled for them. Status checks always pass here. */
export function instanceStatusOperations({ instances }: Ec2State): Record<string, Operation> {
  return {
    DescribeInstanceStatus: operation<DescribeInstanceStatusCommandInput, DescribeInstanceStatusCommandOutput>(
      DescribeInstanceStatus$,
      ['InstanceIds', 'Filters', 'MaxResults', 'NextToken', 'IncludeAllInstances'],
      (input) => {
        const { InstanceIds, MaxResults, IncludeAllInstances = false } = input;
        if (InstanceIds !== undefined && MaxResults !== undefined) {
          throw new AwsError(
            'InvalidParameterCombination',
            'The parameter instancesSet cannot be used with the parameter maxResults',
          );
        }
        if (InstanceIds !== undefined && InstanceIds.length > MOST_IDS) {
          throw new AwsError('InvalidParameterValue', `At most ${MOST_IDS} instance IDs can be specified.`);
        }
        const named = InstanceIds?.map((id) => existingInstance(instances, id)) ?? instances.list();
        // Only running instances are shown unless all are asked for. Source: the same.
        const shown = named.filter(
          ({ operator, state }) => operator === undefined && (IncludeAllInstances || state === 'running'),
        );
        const { items, nextToken } = search(
          shown,
          ({ id }) => id,
          FIELDS,
          () => NO_TAGS,
          input,
          LARGEST_PAGE,
        );
        return { InstanceStatuses: items.map(described), NextToken: nextToken };
      },
    ),
  };
}

/** There is no filter by tag. */
const NO_TAGS: ReadonlyMap<string, string> = new Map();

const FIELDS: FilterFields<Instance> = {
  'availability-zone': ({ availabilityZone }) => availabilityZone,
  'event.code': ({ scheduledEvent }) => scheduledEvent?.code,
  'event.description': ({ scheduledEvent }) => scheduledEvent && descriptionOf(scheduledEvent),
  'event.instance-event-id': ({ scheduledEvent }) => scheduledEvent?.id,
  'event.not-before': ({ scheduledEvent }) => scheduledEvent && new Date(scheduledEvent.notBefore).toISOString(),
  'instance-state-code': ({ state }) => String(instanceStateCodes[state]),
  'instance-state-name': ({ state }) => state,
};

const passed: InstanceStatusSummary = { Status: 'ok', Details: [{ Name: 'reachability', Status: 'passed' }] };

const described = ({ id, availabilityZone, state, scheduledEvent }: Instance) => ({
  InstanceId: id,
  AvailabilityZone: availabilityZone,
  InstanceState: { Name: state, Code: instanceStateCodes[state] },
  InstanceStatus: passed,
  SystemStatus: passed,
  ...(scheduledEvent !== undefined && { Events: [describedEvent(scheduledEvent)] }),
});

const describedEvent = (event: ScheduledEvent): InstanceStatusEvent => ({
  InstanceEventId: event.id,
  Code: event.code,
  Description: descriptionOf(event),
  NotBefore: new Date(event.notBefore),
});

/**
 * An event that is over can still be described for a week, marked so. Source: EC2 API reference, InstanceStatusEvent.
 */
const descriptionOf = ({ isOver }: ScheduledEvent): string =>
  `${isOver === true ? '[Completed] ' : ''}The instance is running on degraded hardware`;
