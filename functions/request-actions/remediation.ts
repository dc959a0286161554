import type { Remediation } from '../shared/declaration/remediation.ts';

export const requestActions = {
  name: 'request-actions',
  summary: 'Puts what an operator asks for on the dashboard as a request on the event bus',
  subject: 'account',
  start: { by: 'widget' },
  timeoutSeconds: 20,
  reasons: {},
  events: {},
  requests: [],
  ledger: [],
  rights: [{ sid: 'Ask', actions: ['events:PutEvents'], resources: ['{eventBus}'] }],
  environment: { REQUESTABLE: '{requestable}', EVENT_BUS_NAME: '{eventBusName}' },
  outputs: {
    RequestFunctionArn: {
      value: '{function}',
      description: 'The function of its actions: who may act invokes it',
    },
  },
  alarms: {},
} as const satisfies Remediation;
