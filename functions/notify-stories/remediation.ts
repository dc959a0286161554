import * as incident from '../../events/remediation-incident.ts';
import { putEvents } from '../shared/declaration/put-events.ts';
import { declare } from '../shared/declaration/remediation.ts';
import { arnHere } from '../shared/declaration/right.ts';
import { READS } from './policy.ts';

export const notifyStories = declare({
  name: 'notify-stories',
  summary: 'Tells people and systems what was done and what was refused, one message an incident',
  startedBy: 'the records of the others',
  subject: 'account',
  // Matches records that may begin or end an incident, or that change the state of a subject. `notify-stories` writes
  // no records itself, so it never triggers itself. The lines that Lambda and Powertools log for it are not records.
  start: {
    by: 'records',
    matching: '{ $.kind = "record" && $.reason != "sweep-finished" }',
  },
  timeoutSeconds: 60,
  policy: { section: 'notifications', reads: READS },
  reasons: {},
  metrics: {
    IncidentsNotified: 'Messages about incidents that were sent.',
  },
  events: {},
  requests: [],
  ledger: ['BatchGetItem', 'PutItem'],
  ledgerKinds: ['incident', 'subject', 'finding'],
  rights: [
    { sid: 'Tell', actions: ['sns:Publish'], resources: ['{topic}'] },
    putEvents('Announce', incident.detailType),
    {
      sid: 'Findings',
      actions: ['securityhub:BatchImportFindings'],
      resources: [arnHere('securityhub', 'product/{account}/default')],
    },
  ],
  environment: { EVENT_BUS_NAME: '{eventBusName}', NOTIFICATION_TOPIC_ARN: '{topic}' },
  beside: 'notification-topic',
  outputs: {
    NotificationTopicArn: { value: '{topic}', description: 'The SNS topic of what was done and refused' },
  },
  alarms: {},
});
