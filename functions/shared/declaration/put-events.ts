import { SOURCE } from '../../../events/envelope.ts';
import type { Right } from './right.ts';

/**
 * The right to put events of these detail types on the stack's bus, as the product's own and no others: whoever takes over
 * the function can ask for nothing that the function could not ask for. Source: EventBridge user guide, "Using IAM policy
 * conditions for fine-grained access control" (`events:source`, `events:detail-type`).
 */
export const putEvents = (sid: string, ...detailTypes: readonly string[]): Right => ({
  sid,
  actions: ['events:PutEvents'],
  resources: ['{eventBus}'],
  conditions: {
    // Both keys are lists of values (service authorization reference of EventBridge): all must fit, and there must be some.
    'ForAllValues:StringEquals': { 'events:source': [SOURCE], 'events:detail-type': detailTypes },
    Null: { 'events:source': 'false', 'events:detail-type': 'false' },
  },
});
