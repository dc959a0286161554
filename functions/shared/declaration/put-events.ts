import { SOURCE } from '../../../events/envelope.ts';
import type { Right } from './right.ts';

/**
 * The right to publish events of these detail types on the stack's bus, with the product's own source and no other.
 * Whoever takes over the function can thus request nothing that the function itself could not. Source: EventBridge user
 * guide, "Using IAM policy conditions for fine-grained access control" (`events:source`, `events:detail-type`).
 */
export const putEvents = (sid: string, ...detailTypes: readonly string[]): Right => ({
  sid,
  actions: ['events:PutEvents'],
  resources: ['{eventBus}'],
  conditions: {
    // Both keys are multivalued (service authorization reference of EventBridge): all values must match, and there must
    // be some.
    'ForAllValues:StringEquals': { 'events:source': [SOURCE], 'events:detail-type': detailTypes },
    Null: { 'events:source': 'false', 'events:detail-type': 'false' },
  },
});
