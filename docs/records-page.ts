import * as z from 'zod';
import { REASONS, REMEDIATIONS } from '../functions/remediations.ts';
import type { ReasonEntry } from '../functions/shared/records/reason-entry.ts';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import {
  DECISION_MEANINGS,
  decisionKind,
  RECORD_VERSION,
  recordSchema,
  severityOf,
} from '../functions/shared/records/record.ts';
import { OPERATOR_COMMAND } from '../functions/shared/text/operator-command.ts';
import { fieldsOf } from './json-schema-fields.ts';
import { markdownTable } from './markdown-table.ts';

/** `docs/records.md`, generated from the schema of records and the reasons of functions. */
export function recordsPage(): string {
  // The reason is one of a list, which has a table of its own.
  const schema = z.toJSONSchema(recordSchema(), { unrepresentable: 'any' });
  const writers = REMEDIATIONS.filter(({ start: { by } }) => by === 'queue' || by === 'schedule').map(
    ({ name }) => `\`${name}\``,
  );
  const fields = fieldsOf(schema).map(({ path, type, always, meaning }) => [
    `\`${path}\``,
    path === 'remediation' ? writers.join(', ') : type === '' ? 'text' : type,
    always ? 'always' : 'where known',
    meaning,
  ]);
  const reasons: ReadonlyArray<[string, ReasonEntry]> = Object.entries(REASONS);
  const exceptions = reasons
    .flatMap(([reason, { severity }]) => (severity === undefined ? [] : [`\`${reason}\` ${severity}`]))
    .join(', ');
  return `<!-- Written by \`npm run -s docs\`: change the schema or the reasons instead. -->
# Records
Whatever a function decides, to act or not, it writes as one JSON line into the stack's log group (\`LogGroupName\` in the
stack's outputs): once for each outcome of a subject, not once for each look. This page describes version ${RECORD_VERSION}.

## Fields
${markdownTable(['field', 'type', 'there', 'meaning'], fields)}

An example:
\`\`\`jsonl
${JSON.stringify(exampleRecord)}
\`\`\`

## What may change
Within version ${RECORD_VERSION}, fields, functions and reasons may be added, and messages, hints and details may be worded
anew. No field is removed or gets another meaning or type, and no reason code is ever renamed or used for something else:
queries and alarms may name them. A reader should leave unknown fields alone and take any text for a reason. What would
break such a reader raises \`version\`.

Lines are written at least once: a function that dies after a line and runs again writes it twice, with the same \`id\`.

## Decisions
${markdownTable(
  ['decision', 'meaning', 'severity'],
  decisionKind.options.map((kind) => [`\`${kind}\``, DECISION_MEANINGS[kind], severityOf({ decision: kind })]),
)}

Severity counts for notifications ([docs/notifications.md](notifications.md)). Some reasons have one of their own:
${exceptions}.

## Reasons
${markdownTable(
  ['reason', 'meaning', 'what to do'],
  reasons.map(([code, { meaning, hint = '' }]) => [`\`${code}\``, meaning, hint]),
)}

## To follow an incident
An incident has one \`correlationId\` from the first event to the outcome. For an upgrade it is the release, so the record that
a release was seen and those of every node group that moves to it belong together. For all else it is the id of the
event that came first; hints that a sweep made have an id that begins with the sweep's.

On a terminal, for a worker, a node group, a cluster or an event id ([docs/remediator.md](remediator.md)):
\`\`\`sh
${OPERATOR_COMMAND} explain shop/web
\`\`\`
In CloudWatch Logs Insights, by worker, by correlation id, by event:
\`\`\`
fields time, remediation, decision, reason, message, hint
| filter kind = "record" and instance = "i-0f3a5c7e9b1d2f4a6"
| sort time

fields time, cluster, nodegroup, instance, decision, reason, message
| filter kind = "record" and correlationId = "${exampleRecord.correlationId}"
| sort time

fields time, cluster, nodegroup, instance, decision, reason, message, correlationId
| filter kind = "record" and (trigger.id like "45a5af41-1e60-43d8" or correlationId like "45a5af41-1e60-43d8")
| sort time
\`\`\`
`;
}
