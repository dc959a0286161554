import { DECIDES_NOTHING, declare } from '../shared/declaration/remediation.ts';

export const requestActions = declare({
  name: 'request-actions',
  summary: 'Puts what an operator asks for on the dashboard as a request on the event bus',
  startedBy: 'a button of that widget',
  subject: 'account',
  start: { by: 'widget' },
  timeoutSeconds: 20,
  ...DECIDES_NOTHING,
  rights: [{ sid: 'Ask', actions: ['events:PutEvents'], resources: ['{eventBus}'] }],
  environment: { REQUESTABLE: '{requestable}', EVENT_BUS_NAME: '{eventBusName}' },
  outputs: {
    RequestFunctionArn: {
      value: '{function}',
      description: 'The function of its actions: who may act invokes it',
    },
  },
  alarms: {},
});
