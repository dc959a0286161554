import { policyJsonSchema } from '../functions/policy-json-schema.ts';
import { eventsPage } from './events-page.ts';
import { recordsPage } from './records-page.ts';

/** Pages of this folder that are generated from code, so that they always match it. */
export const GENERATED_PAGES: Readonly<Record<string, () => string>> = {
  'events.md': eventsPage,
  'records.md': recordsPage,
  'policy.schema.json': () => `${JSON.stringify(policyJsonSchema(), null, 2)}\n`,
};
