import { policyJsonSchema } from '../functions/policy-json-schema.ts';
import { eventsPage } from './events-page.ts';
import { recordsPage } from './records-page.ts';

/** Pages of this folder that are made of code, so that they cannot tell anything else. */
export const GENERATED_PAGES: Readonly<Record<string, () => string>> = {
  'events.md': eventsPage,
  'records.md': recordsPage,
  'policy.schema.json': () => `${JSON.stringify(policyJsonSchema(), null, 2)}\n`,
};
