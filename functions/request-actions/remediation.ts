import * as quarantineRequest from '../../events/quarantine-request.ts';
import * as remediationRequest from '../../events/remediation-request.ts';
import { putEvents } from '../shared/declaration/put-events.ts';
import { DECIDES_NOTHING, declare } from '../shared/declaration/remediation.ts';

export const requestActions = declare({
  name: 'request-actions',
  summary: 'Puts what an operator asks for on the dashboard as a request on the event bus',
  startedBy: 'a button of that widget',
  subject: 'account',
  start: { by: 'widget' },
  timeoutSeconds: 20,
  ...DECIDES_NOTHING,
  rights: [putEvents('Ask', quarantineRequest.detailType, remediationRequest.detailType)],
  environment: { REQUESTABLE: '{requestable}', EVENT_BUS_NAME: '{eventBusName}' },
  outputs: {
    RequestFunctionArn: {
      value: '{function}',
      description: 'The function of its actions: who may act invokes it',
    },
  },
  alarms: {},
});
