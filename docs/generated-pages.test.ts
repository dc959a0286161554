import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REASONS } from '../functions/remediations.ts';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import { recordSchema } from '../functions/shared/records/record.ts';
import { eventsPage } from './events-page.ts';
import { GENERATED_PAGES } from './generated-pages.ts';
import { recordsPage } from './records-page.ts';
import { REGIONS, withRegion } from './regions.ts';

it.each(Object.entries(GENERATED_PAGES))('docs/%s is what `npm run -s docs` writes', (file, page) => {
  expect(readFileSync(join(import.meta.dirname, file), 'utf8')).toBe(page());
});

it.each(Object.entries(REGIONS))('the %s of $file are what `npm run -s docs` writes', (name, { file }) => {
  const page = readFileSync(join(import.meta.dirname, '..', file), 'utf8');
  expect(page).toBe(withRegion(page, name));
});

it('the page about records has every field with its meaning, every reason once, and an example that parses', () => {
  const page = recordsPage();
  for (const field of Object.keys(recordSchema().shape)) {
    expect(page).toMatch(new RegExp(`^\\| \`${field}\` \\| [^|]+ \\| (always|where known) \\| [^|]{5,} \\|$`, 'm'));
  }
  for (const reason of Object.keys(REASONS)) expect(page.split(`\n| \`${reason}\` | `)).toHaveLength(2);
  expect(recordSchema().parse(exampleRecord)).toEqual(exampleRecord);
  expect(page).toContain(JSON.stringify(exampleRecord));
});

it('the page about events has every field with its meaning', () => {
  const rows = eventsPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(15);
  for (const row of rows) expect(row).toMatch(/^\| `[\w.[\]]+` \| [^|]+ \| (always|where known) \| [^|]{5,} \|$/);
});
