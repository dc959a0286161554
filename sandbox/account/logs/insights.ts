import { NotImplemented } from '../../wire/aws-error.ts';
import {
  aliasIn,
  compare,
  type Expression,
  type Row,
  readExpression,
  truth,
  type Value,
} from './insights-expression.ts';
import { readStats } from './insights-stats.ts';
import type { Table } from './insights-table.ts';
import { malformed, nameIn, TokenReader, tokensOf } from './insights-tokens.ts';
import type { LogEvent } from './log-event.ts';

type Command = (table: Table) => Table;

/** One row of a result, as `GetQueryResults` returns it. */
export type ResultRow = Array<{ readonly field: string; readonly value: string }>;

/** Default limit of rows of a query. */
const DEFAULT_LIMIT = 10_000;

/** A log event; `group` is its log group where a query searches several. */
export type QueriedEvent = LogEvent & { readonly group?: string };

/**
 * Compiles a query in the Logs Insights query language: `fields`, `filter`, `parse` with a regular expression, `sort`,
 * `limit`, `stats`, `dedup` and `display`.
 * @throws AwsError `MalformedQueryException` for what Logs Insights would reject
 * @throws NotImplemented for valid queries that the sandbox does not support
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
export function compileQuery(text: string): (events: readonly QueriedEvent[], group: string) => ResultRow[] {
  const commands = commandsIn(text).map(readCommand);
  if (commands.length === 0) throw malformed('the query is empty');
  return (events, group) => {
    // Logs Insights returns the latest events first where a query does not sort.
    const rows = events.map((event) => rowOf(event, group)).reverse();
    const start: Table = { rows, shown: undefined, events: true };
    const { rows: found, shown, events: ofEvents } = commands.reduce((table, command) => command(table), start);
    const names = shown ?? ['@timestamp', '@message'];
    return found.slice(0, DEFAULT_LIMIT).map((row) => resultOf(row, ofEvents ? [...names, '@ptr'] : names));
  };
}

/**
 * Splits a query into commands at pipes outside of texts and patterns. Comments run from `#` to the end of the line.
 */
function commandsIn(text: string): string[] {
  const commands = [''];
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\/(?:[^/\\\n]|\\.)+\/|#[^\n]*|[\s\S]/g)) {
    if (part.startsWith('#')) continue;
    if (part === '|') commands.push('');
    else commands.push(commands.pop() + part);
  }
  return commands.map((command) => command.trim()).filter((command) => command !== '');
}

const READERS: Readonly<Record<string, (reader: TokenReader) => Command>> = {
  fields: readFields,
  display: (reader) => {
    const names = reader.list(() => nameIn(reader));
    return (table) => ({ ...table, shown: names });
  },
  filter: (reader) => {
    const condition = readExpression(reader);
    return (table) => ({ ...table, rows: table.rows.filter((row) => truth(condition(row)) === true) });
  },
  parse: readParse,
  sort: readSort,
  limit: (reader) => {
    const most = Number(reader.take().text);
    if (!Number.isInteger(most) || most < 1 || most > DEFAULT_LIMIT) throw malformed('limit must be from 1 to 10000');
    return (table) => ({ ...table, rows: table.rows.slice(0, most) });
  },
  dedup: readDedup,
  stats: readStats,
};

/** Logs Insights commands that the sandbox does not support. */
const UNKNOWN = ['pattern', 'diff', 'unnest', 'unmask', 'anomaly', 'join', 'lookup', 'filterindex', 'source'];

function readCommand(command: string): Command {
  const reader = new TokenReader(tokensOf(command));
  const name = reader.take().text.toLowerCase();
  if (UNKNOWN.includes(name)) throw new NotImplemented(`the command ${name} in a query`);
  const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (read === undefined) throw malformed(`unknown command ${name}`);
  const compiled = read(reader);
  if (/^[+\-*/]$/.test(reader.next?.text ?? '')) throw new NotImplemented('arithmetic in a query');
  if (!reader.ended) throw malformed(`unexpected ${reader.next?.text} in ${command}`);
  return compiled;
}

function readFields(reader: TokenReader): Command {
  const fields = reader.list(() => readAliased(reader));
  return ({ rows, shown = [], events }) => ({
    rows: rows.map((row) => new Map([...row, ...fields.map(({ name, value }): [string, Value] => [name, value(row)])])),
    shown: [...shown, ...fields.map(({ name }) => name)],
    events,
  });
}

/** An expression with its resulting name: `as …`, or the field's own. */
function readAliased(reader: TokenReader): { readonly name: string; readonly value: Expression } {
  const first = reader.next;
  const value = readExpression(reader);
  if (reader.accept('as')) return { name: aliasIn(reader), value };
  if (first?.kind !== 'name') throw new NotImplemented('an expression without "as" in a query');
  return { name: first.text, value };
}

/** `parse field /…(?<name>…)…/`: the named groups become fields where the expression matches. */
function readParse(reader: TokenReader): Command {
  const field = nameIn(reader);
  const { kind, text } = reader.take();
  if (kind !== 'regex') throw new NotImplemented('parse by anything but a regular expression in a query');
  const expression = new RegExp(text);
  const names = [...text.matchAll(/\(\?<(\w+)>/g)].map(([, name = '']) => name);
  return ({ rows, shown, events }) => ({
    rows: rows.map((row) => {
      const found = expression.exec(String(row.get(field) ?? ''))?.groups ?? {};
      return new Map([...row, ...Object.entries(found)]);
    }),
    shown: shown === undefined ? undefined : [...shown, ...names],
    events,
  });
}

function readSort(reader: TokenReader): Command {
  const keys = reader.list(() => {
    const name = nameIn(reader);
    const descending = reader.accept('desc');
    if (!descending) reader.accept('asc');
    return { name, sign: descending ? -1 : 1 };
  });
  return (table) => ({
    ...table,
    rows: table.rows.toSorted((a, b) => {
      for (const { name, sign } of keys) {
        const order = compare(a.get(name), b.get(name)) * sign;
        if (order !== 0) return order;
      }
      return 0;
    }),
  });
}

function readDedup(reader: TokenReader): Command {
  const names = reader.list(() => nameIn(reader));
  return (table) => {
    const seen = new Set<string>();
    const rows = table.rows.filter((row) => {
      const values = names.map((name) => row.get(name));
      if (values.includes(undefined)) throw new NotImplemented('what dedup makes of a field that is not there');
      const key = JSON.stringify(values);
      return !seen.has(key) && seen.add(key);
    });
    return { ...table, rows };
  };
}

/** The fields of a log event: the system fields, and the leaves of a JSON line, with their paths joined by dots. */
function rowOf({ message, timestamp, stream, index, group }: QueriedEvent, theGroup: string): Row {
  const row = new Map<string, Value>([
    ['@timestamp', timestamp],
    ['@ingestionTime', timestamp],
    ['@message', message],
    ['@logStream', stream],
    ['@log', group ?? theGroup],
    ['@ptr', String(index)],
  ]);
  if (message.startsWith('{')) addLeaves(row, parsed(message), '');
  return row;
}

function addLeaves(row: Map<string, Value>, value: unknown, path: string): void {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') row.set(path, value);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) addLeaves(row, member, path === '' ? name : `${path}.${name}`);
  }
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

/** Missing fields are left out. */
const resultOf = (row: Row, names: readonly string[]): ResultRow =>
  names.flatMap((field) => {
    const value = row.get(field);
    return value === undefined ? [] : [{ field, value: shownAs(field, value) }];
  });

/** Times are formatted as `2026-07-14 09:03:00.000`. */
const shownAs = (field: string, value: Exclude<Value, undefined>): string =>
  typeof value === 'number' && (field === '@timestamp' || field === '@ingestionTime')
    ? new Date(value).toISOString().replace('T', ' ').replace('Z', '')
    : String(value);
