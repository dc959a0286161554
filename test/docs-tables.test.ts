import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { UsageError } from '../cli/usage-error.ts';
import { policySchema } from '../functions/policy-document.ts';
import { STRICTNESS } from '../functions/shared/policy/strictness.ts';
import { decisionKind, recordSchema } from '../functions/shared/records/record.ts';
import { functionNames } from '../infra/bundle.ts';
import { METRIC_NAMESPACE } from '../infra/metric.ts';
import { savedQueries } from '../infra/saved-queries.ts';
import { readSettings, SettingsError } from '../infra/settings.ts';
import type { FaultPlan } from '../sandbox/account/faults.ts';
import { readArguments, USAGE } from '../sandbox/cli/arguments.ts';
import { start } from './harness.ts';
import { codeIn, readPage, tableOf } from './markdown.ts';

const readme = readPage('README.md');
const deployPage = readPage('docs/deploy.md');
const howPage = readPage('docs/how-it-works.md');
const policyPage = readPage('docs/policy.md');
const sandboxPage = readPage('docs/sandbox.md');
const reviewPage = readPage('docs/review.md');

const jsonSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
});

/** The keys of a JSON Schema, nested ones as `a.b`; a list is one key. */
function keysOf(schema: unknown, path = ''): string[] {
  const { properties } = jsonSchema.parse(schema);
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([key, nested]) => keysOf(nested, path === '' ? key : `${path}.${key}`));
}

/** The schema at a path such as `a.b`. */
const schemaAt = (schema: unknown, path: string): unknown =>
  path.split('.').reduce((within: unknown, key) => jsonSchema.parse(within).properties?.[key], schema);

describe("docs/policy.md's table", () => {
  const rows = tableOf(policyPage, 'key', 'default', 'meaning').map(([key = '', fallback = '', meaning = '']) => ({
    key: codeIn(key)[0] ?? '',
    fallback,
    meaning,
  }));
  const schema = z.toJSONSchema(policySchema('enforce'), { io: 'input' });
  const read = (document: object) => policySchema('observe').parse(document);

  it('has exactly the keys of the policy', () => {
    expect(rows.map(({ key }) => key)).toEqual(keysOf(schema));
  });

  it.each(rows)('has the default of $key: $fallback', ({ key, fallback }) => {
    const [code] = codeIn(fallback);
    const nested = (value: unknown) =>
      key.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as object;
    if (code !== undefined) expect(read(nested(parsed(code)))).toEqual(read({}));
    else if (fallback === 'as deployed') expect(read(nested('observe'))).toEqual(read({}));
    else {
      // A key without a default must state its effect.
      expect(['all', 'the last wave', 'as it is']).toContain(fallback);
      expect(read(nested(undefined))).toEqual(read({}));
    }
  });

  it('has the keys of a change window, with the default time zone', () => {
    const { items } = jsonSchema.parse(schemaAt(schema, 'upgrades.windows'));
    const meaning = rows.find(({ key }) => key === 'upgrades.windows')?.meaning ?? '';
    const window = policySchema('enforce').parse({ upgrades: { windows: [{ cron: '0 1 * * *', duration: '1h' }] } });
    expect(codeIn(meaning)).toEqual([...keysOf(items), window.upgrades.windows[0]?.timeZone]);
  });
});

it('docs/policy.md names just the sections that overrides may change, and just those that hold everywhere', () => {
  const { text } = policyPage;
  const inSentence = (sentence: RegExp) => codeIn(sentence.exec(text)?.[1] ?? '').toSorted();
  const sections = Object.keys(
    jsonSchema.parse(z.toJSONSchema(policySchema('enforce'), { io: 'input' })).properties ?? {},
  );
  const changed = Object.keys(STRICTNESS);
  expect(inSentence(/and the\skeys of ([^:]*?) that it changes there:/)).toEqual(changed.toSorted());
  const everywhere = sections.filter((name) => !['killSwitch', 'scope', 'overrides', ...changed].includes(name));
  expect(inSentence(/and the sections\s([^.]*?)\.$/m)).toEqual(everywhere.toSorted());
});

/** A default as JSON, or otherwise as text. */
function parsed(code: string): unknown {
  try {
    return JSON.parse(code);
  } catch {
    return code;
  }
}

describe('what it does, and its settings', () => {
  it('docs/deploy.md has exactly the settings of the stack, with their defaults', () => {
    const rows = tableOf(deployPage, 'key', 'default', 'meaning').flatMap(([keys = '', fallback = '']) =>
      codeIn(keys).map((key): [string, string | undefined] => [key, codeIn(fallback)[0]]),
    );
    const mode = 'enforce';
    const defaults = readSettings({ mode });
    for (const [key, fallback] of rows) {
      const text = fallback?.replace('<stackName>', defaults.stackName);
      expect(readSettings({ mode, ...(text !== undefined && { [key]: text }) }), key).toEqual(defaults);
    }
    // The error for an unknown setting names all valid ones.
    const refused = () => readSettings({ noSuchSetting: 1 });
    expect(refused).toThrow(SettingsError);
    const names = rows.map(([key]) => key);
    for (const name of names) expect(refused).toThrow(new RegExp(`the settings are .*\\b${name}\\b`));
    expect(refused).toThrow(new RegExp(`the settings are (\\w+, ){${names.length - 1}}\\w+$`));
  });

  it('README.md has exactly the functions', () => {
    expect(
      tableOf(readme, 'function', 'started by', 'does')
        .map(([name]) => name)
        .sort(),
    ).toEqual(functionNames().map((name) => `\`${name}\``));
  });

  it('docs/how-it-works.md has every decision of a record, and the namespace of the metrics', () => {
    for (const decision of decisionKind.options) expect(howPage.code).toContain(decision);
    expect(howPage.code).toContain(METRIC_NAMESPACE);
  });
});

describe('docs/sandbox.md', () => {
  const options = tableOf(sandboxPage, 'option', 'default', 'meaning');

  it('has exactly the options of the usage text, which the command line knows', () => {
    const inUsage = [...USAGE.matchAll(/^ {2}(--.*?) {2,}/gm)].map(([, option]) => option);
    expect(options.map(([option = '']) => codeIn(option)[0]).sort()).toEqual(inUsage.sort());
    for (const option of inUsage) {
      const name = option?.split(' ')[0] ?? '';
      const refused = () => readArguments([name, ...(option?.includes(' ') ? ['x'] : []), '--unknown']);
      expect(refused).toThrow(UsageError);
      expect(refused).toThrow(`Unknown option '--unknown'`);
    }
  });

  it('gives the defaults that the usage text gives', () => {
    const defaults = options.flatMap(([option = '', fallback = '']) =>
      codeIn(fallback).map((value) => [codeIn(option)[0]?.split(' ')[0], value]),
    );
    const inUsage = [...USAGE.matchAll(/^ {2}(--\w+).*\(default: ([^,;)]+)/gm)].map(([, name, value]) => [name, value]);
    expect(defaults).toEqual(inUsage);
  });

  it('uses only options that there are', () => {
    const used = [...sandboxPage.text.matchAll(/^npm run -s sandbox .*$/gm)].flatMap(
      ([line]) => line.match(/--\w+/g) ?? [],
    );
    expect(used.length).toBeGreaterThan(3);
    for (const option of used) expect(USAGE).toContain(`  ${option} `);
  });

  it('has exactly the services and operations of the account', async () => {
    const { account } = await start({ fleet: 'demo' });
    const rows = tableOf(sandboxPage, 'service', 'operations');
    expect(Object.fromEntries(rows.map(([name = '', operations = '']) => [name, codeIn(operations)]))).toEqual(
      Object.fromEntries(
        account.services.map(({ signingName, operations }) => [`\`${signingName}\``, Object.keys(operations)]),
      ),
    );
  });

  it('has exactly the faults', () => {
    const faults = {
      duplicateMessages: true,
      duplicateEvents: true,
      deliveryDelayMs: true,
      deliveryFailureRate: true,
      throttleRate: true,
      serverErrorRate: true,
      lostRequestRate: true,
      lostReplyRate: true,
      partialMetricsRate: true,
      eventLossRate: true,
      crashRate: true,
      crash: true,
      refusals: true,
      quietAfterMs: true,
    } satisfies Record<keyof FaultPlan, true>;
    const rows = tableOf(sandboxPage, 'fault', 'what goes wrong');
    expect(rows.flatMap(([names = '']) => codeIn(names))).toEqual(Object.keys(faults));
  });

  it('shows lines as they are written', async () => {
    const [record, call, fleet] = sandboxPage.blocks
      .filter(({ language }) => language === 'jsonl')
      .map(({ text }): Record<string, unknown> => JSON.parse(text));
    expect(recordSchema().safeParse(record).error).toBeUndefined();
    expect(Object.keys(call ?? {})).toEqual(['kind', 'function', 'service', 'operation', 'input', 'outcome', 'at']);
    const { account } = await start({
      fleet: 'demo',
      policy: { upgrades: { bakeAge: '1m' } },
      inProcess: true,
      play: '4h',
    });
    expect(shapeOf(fleet)).toEqual(shapeOf({ kind: 'fleet', ...account.snapshot() }));
  });
});

/** The names of all members; for a list, those of its first item. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}

describe('docs/review.md', () => {
  const rows = tableOf(reviewPage, 'question', 'saved query', 'dashboard');

  it('has exactly the saved queries of the stack', () => {
    expect(rows.flatMap(([, query = '']) => codeIn(query)).sort()).toEqual(
      savedQueries().map(({ name }) => name.replaceAll('-', ' ')),
    );
  });

  it('names panels that the dashboard has', async () => {
    const { account } = await start({ fleet: 'demo' });
    const { widgets }: { widgets: Array<{ properties: { title?: string; markdown?: string } }> } = JSON.parse(
      account.cloudWatch.dashboard(account.stack.name).body,
    );
    const titles = widgets.map(({ properties: { title, markdown = '' } }) => title ?? /^## (.*)/.exec(markdown)?.[1]);
    const named = rows.map(([, , panel = '']) => panel).filter((panel) => panel !== '');
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((panel) => !titles.includes(panel))).toEqual([]);
  });
});

it('names outputs of the stack where the pages name them', async () => {
  const { account } = await start({ fleet: 'demo' });
  const named = [readme, deployPage, howPage, policyPage, reviewPage].flatMap(({ code }) =>
    code.filter((word) => /^[A-Z]\w+(Name|Arn)$/.test(word)),
  );
  expect(named.length).toBeGreaterThan(1);
  for (const name of named) expect(account.stack.outputs).toHaveProperty(name);
});
