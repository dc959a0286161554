import * as z from 'zod';
import { policySchema } from '../functions/policy-document.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { AlarmEntry } from '../functions/shared/declaration/remediation.ts';
import { markdownTable } from './markdown-table.ts';
import { changesInAws, rightsInClusters } from './rights-tables.ts';

/**
 * Parts of pages that are generated from the functions' declarations, each between two comments with its name. A row or
 * section written by hand stays, one without a declaration is removed, and missing ones are generated.
 */
export const REGIONS: Readonly<
  Record<string, { readonly file: string; readonly write: (region: string, rest: string) => string }>
> = {
  functions: { file: 'README.md', write: functionsTable },
  'policy keys': { file: 'docs/policy.md', write: policyKeys },
  'rights in AWS': { file: 'docs/threat-model.md', write: changesInAws },
  'rights in clusters': { file: 'docs/threat-model.md', write: rightsInClusters },
  'alarms of functions': { file: 'docs/runbook.md', write: declaredAlarms },
};

/**
 * The page with its region updated.
 * @throws Error for a page without the region
 */
export function withRegion(page: string, name: string): string {
  const region = REGIONS[name];
  const [begin, end] = [`<!-- ${name}: \`npm run -s docs\` adds what is missing -->\n`, `\n<!-- end of ${name} -->`];
  const [before, rest] = page.split(begin);
  const [old, after] = rest?.split(end) ?? [];
  if (region === undefined || before === undefined || old === undefined || after === undefined) {
    throw new Error(`No region ${name}`);
  }
  return `${before}${begin}${region.write(old, `${before}${after}`)}${end}${after}`;
}

/** A table of these rows, by their first cells. Existing rows stay unchanged. */
function completed(region: string, headings: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const [heading = '', divider = '', ...fresh] = markdownTable(headings, rows).split('\n');
  const cell = (line: string) => line.split(' | ')[0];
  const known = new Map(region.split('\n').map((line) => [cell(line), line]));
  return [heading, divider, ...fresh.map((line) => known.get(cell(line)) ?? line)].join('\n');
}

function functionsTable(region: string): string {
  const rows = REMEDIATIONS.map(({ name, startedBy, summary }) => [
    `\`${name}\``,
    startedBy,
    `${summary.charAt(0).toLowerCase()}${summary.slice(1)}`,
  ]);
  return completed(region, ['function', 'started by', 'does'], rows);
}

const node = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  description: z.string().optional(),
  default: z.json().optional(),
});

/** Every key of the policy with its default and its meaning. */
function policyKeys(region: string): string {
  const rows = keysOf(z.toJSONSchema(policySchema('enforce'), { io: 'input' }));
  const observed = new Map(
    keysOf(z.toJSONSchema(policySchema('observe'), { io: 'input' })).map((row) => [row.key, row]),
  );
  return completed(
    region,
    ['key', 'default', 'meaning'],
    rows.map(({ key, fallback, meaning }) => [
      `\`${key}\``,
      observed.get(key)?.fallback === fallback ? fallback : 'as deployed',
      meaning,
    ]),
  );
}

interface Key {
  readonly key: string;
  readonly fallback: string;
  readonly meaning: string;
}

function keysOf(schema: unknown, path = ''): Key[] {
  const { properties, description = '', default: fallback } = node.parse(schema);
  if (properties === undefined) {
    const text = typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
    return [{ key: path, fallback: fallback === undefined ? 'all' : `\`${text}\``, meaning: description }];
  }
  return Object.entries(properties).flatMap(([key, inner]) => keysOf(inner, path === '' ? key : `${path}.${key}`));
}

/** A section for each alarm of a function that has none written by hand. */
function declaredAlarms(region: string, rest: string): string {
  return REMEDIATIONS.flatMap(({ alarms }) => Object.entries<AlarmEntry>(alarms))
    .filter(([section]) => !rest.includes(`\n## ${section}\n`))
    .map(
      ([section, { means, first, next }]) =>
        written(region, section) ?? `## ${section}\n${means}\n\`\`\`sh\n${first}\n\`\`\`\n${next}`,
    )
    .join('\n\n');
}

/** A section of the region as it stands, written by hand. */
const written = (region: string, section: string): string | undefined =>
  region.split(/\n\n(?=## )/).find((text) => text.startsWith(`## ${section}\n`));
