import {
  DescribeEventBus$,
  type DescribeEventBusCommandInput,
  type DescribeEventBusCommandOutput,
  ListEventBuses$,
  type ListEventBusesCommandInput,
  type ListEventBusesCommandOutput,
  ListRules$,
  type ListRulesCommandInput,
  type ListRulesCommandOutput,
  PutEvents$,
  type PutEventsCommandInput,
  type PutEventsCommandOutput,
  type PutEventsRequestEntry,
  type PutEventsResultEntry,
} from '@aws-sdk/client-eventbridge';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { operation, type Service } from '../service.ts';
import type { EventBridge } from './event-bridge.ts';

const MOST_BYTES = 262_144;

/** Amazon EventBridge, as clients call it. */
export const eventBridgeService = (bridge: EventBridge): Service => ({
  signingName: 'events',
  iamPrefix: 'events',
  protocol: 'json-1.1',
  operations: eventBridgeOperations(bridge),
});

/** The operations of Amazon EventBridge. */
function eventBridgeOperations(bridge: EventBridge): Service['operations'] {
  return {
    PutEvents: operation<PutEventsCommandInput, PutEventsCommandOutput>(
      PutEvents$,
      ['Entries'],
      ({ Entries = [] }) => {
        checkRequest(Entries);
        const results = Entries.map((entry) => putEntry(bridge, entry));
        return {
          FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length,
          Entries: results,
        };
      },
      ({ Entries = [] }) => {
        // Each entry is evaluated separately, by its source and detail type. Source: EventBridge user guide, "Using IAM
        // policy conditions for fine-grained access control".
        return Entries.map(({ EventBusName, Source = '', DetailType = '' }) => ({
          action: 'events:PutEvents',
          resource: bridge.busArn(bridge.busNameOf(EventBusName)),
          context: { 'events:source': [Source], 'events:detail-type': [DetailType] },
        }));
      },
    ),
    DescribeEventBus: operation<DescribeEventBusCommandInput, DescribeEventBusCommandOutput>(
      DescribeEventBus$,
      ['Name'],
      ({ Name }) => {
        const name = bridge.busNameOf(Name);
        bridge.rulesOn(name);
        return { Name: name, Arn: bridge.busArn(name) };
      },
      ({ Name }) => [{ action: 'events:DescribeEventBus', resource: bridge.busArn(bridge.busNameOf(Name)) }],
    ),
    ListEventBuses: operation<ListEventBusesCommandInput, ListEventBusesCommandOutput>(
      ListEventBuses$,
      ['NamePrefix'],
      ({ NamePrefix = '' }) => ({
        EventBuses: bridge.busNames
          .filter((name) => name.startsWith(NamePrefix))
          .map((name) => ({ Name: name, Arn: bridge.busArn(name) })),
      }),
    ),
    ListRules: operation<ListRulesCommandInput, ListRulesCommandOutput>(
      ListRules$,
      ['EventBusName', 'NamePrefix'],
      ({ EventBusName, NamePrefix = '' }) => ({
        Rules: bridge
          .rulesOn(bridge.busNameOf(EventBusName))
          .filter(({ name }) => name.startsWith(NamePrefix))
          .map((rule) => ({
            Name: rule.name,
            Arn: rule.arn,
            EventBusName: rule.busName,
            State: rule.enabled ? ('ENABLED' as const) : ('DISABLED' as const),
            Description: rule.description,
            ScheduleExpression: rule.scheduleExpression,
            EventPattern: rule.eventPattern === undefined ? undefined : JSON.stringify(rule.eventPattern),
          })),
      }),
    ),
  };
}

function checkRequest(entries: readonly PutEventsRequestEntry[]): void {
  if (entries.length < 1 || entries.length > 10) {
    const bound = entries.length < 1 ? 'greater than or equal to 1' : 'less than or equal to 10';
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length ${bound}`,
    );
  }
  if (entries.reduce((bytes, entry) => bytes + entrySize(entry), 0) > MOST_BYTES) {
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  for (const { TraceHeader } of entries) {
    if (TraceHeader !== undefined) throw new NotImplemented('PutEvents with a TraceHeader');
  }
}

/** The size as EventBridge counts it: 14 bytes for a time, and the UTF-8 bytes of the texts. */
function entrySize({ Time, Source = '', DetailType = '', Detail = '', Resources = [] }: PutEventsRequestEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

function putEntry(bridge: EventBridge, entry: PutEventsRequestEntry): PutEventsResultEntry {
  const { Source = '', DetailType = '', Detail = '', Resources = [], Time, EventBusName } = entry;
  for (const [name, value] of Object.entries({ Source, DetailType, Detail })) {
    if (value === '') {
      const ErrorMessage = `Parameter ${name} is not valid. Reason: ${name} is a required argument.`;
      return { ErrorCode: 'InvalidArgument', ErrorMessage };
    }
  }
  if (Source.startsWith('aws.')) {
    return { ErrorCode: 'NotAuthorizedForSourceException', ErrorMessage: 'Not authorized for the source.' };
  }
  const detail = parsedObject(Detail);
  if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  const busName = bridge.busNameOf(EventBusName);
  if (!bridge.busNames.includes(busName)) {
    return { ErrorCode: 'InvalidArgument', ErrorMessage: `Event bus ${busName} does not exist.` };
  }
  const event = bridge.newEvent(
    { source: Source, detailType: DetailType, resources: Resources, detail },
    Time?.getTime(),
  );
  bridge.put(busName, event);
  return { EventId: event.id };
}

function parsedObject(json: string): object | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
