import * as z from 'zod';
import * as amiRelease from '../events/eks-ami-release.ts';
import * as remediationIncident from '../events/remediation-incident.ts';
import { fieldsOf } from './json-schema-fields.ts';
import { markdownTable } from './markdown-table.ts';

interface OwnEvent {
  readonly detailType: string;
  readonly pattern: object;
  readonly detail: () => z.ZodType;
  readonly sample: object;
}

/** `docs/events.md`: the events that the stack publishes for others, generated from their schemas. */
export const eventsPage = (): string => `<!-- Written by \`npm run -s docs\`: change the schema instead. -->
# Events
The stack puts these on its own event bus (\`EventBusName\` in its outputs). They come at least once, in any order. Members
may be added; none is removed or gets another meaning without a new detail type or \`version\`.

${[
  section(
    remediationIncident,
    'An incident that people are told of began, got worse or ended: see [notifications](notifications.md).',
  ),
  section(amiRelease, 'A newer AMI release of a Kubernetes version and AMI type that the fleet uses was seen.'),
].join('\n')}`;

function section({ detailType, pattern, detail, sample }: OwnEvent, meaning: string): string {
  const fields = fieldsOf(z.toJSONSchema(detail())).map(({ path, type, always, meaning: of }) => [
    `\`${path}\``,
    type,
    always ? 'always' : 'where known',
    of,
  ]);
  return `## ${detailType}
${meaning} A rule's pattern:
\`\`\`jsonl
${JSON.stringify(pattern)}
\`\`\`
${markdownTable(['in the detail', 'type', 'there', 'meaning'], fields)}

A sample:
\`\`\`jsonl
${JSON.stringify(sample)}
\`\`\`
`;
}
