import { NotImplemented } from '../../wire/aws-error.ts';
import { aliasIn, compare, numberOf, type Row, type Value } from './insights-expression.ts';
import type { Table } from './insights-table.ts';
import { durationOf, malformed, nameIn, type TokenReader } from './insights-tokens.ts';

/** One value computed from all rows of a group. */
interface Aggregate {
  readonly name: string;
  readonly of: (rows: readonly Row[]) => Value;
}

interface Key {
  readonly name: string;
  readonly of: (row: Row) => Value;
}

/** `stats count(*) as n, max(x) by field, bin(5m) as at`: one row per group. */
export function readStats(reader: TokenReader): (table: Table) => Table {
  const aggregates = reader.list(() => readAggregate(reader));
  const keys = reader.accept('by') ? reader.list(() => readKey(reader)) : [];
  return ({ rows, events }) => {
    const timed = aggregates.some(({ name }) => /^(latest|earliest)\(/.test(name));
    if (!events && timed) throw malformed('latest and earliest need log events');
    const groups = Map.groupBy(rows, (row) => JSON.stringify(keys.map(({ of }) => of(row) ?? null)));
    // Without `by` there is one group, even without rows.
    const all = keys.length === 0 ? [rows] : [...groups.values()];
    return {
      rows: all.map((group) => {
        const [first] = group;
        const named = keys.map(({ name, of }): [string, Value] => [name, first === undefined ? undefined : of(first)]);
        return new Map<string, Value>([
          ...named,
          ...aggregates.map(({ name, of }): [string, Value] => [name, of(group)]),
        ]);
      }),
      shown: [...keys, ...aggregates].map(({ name }) => name),
      events: false,
    };
  };
}

function readKey(reader: TokenReader): Key {
  const field = nameIn(reader);
  if (field !== 'bin') {
    const name = reader.accept('as') ? aliasIn(reader) : field;
    return { name, of: (row) => row.get(field) };
  }
  reader.expect('(');
  const token = reader.take();
  const period = durationOf(token);
  reader.expect(')');
  const name = reader.accept('as') ? aliasIn(reader) : `bin(${token.text})`;
  return {
    name,
    of: (row) => {
      const at = Math.floor((numberOf(row.get('@timestamp')) ?? 0) / period) * period;
      return new Date(at).toISOString().replace('T', ' ').replace('Z', '');
    },
  };
}

function readAggregate(reader: TokenReader): Aggregate {
  const name = nameIn(reader).toLowerCase();
  reader.expect('(');
  const field = reader.accept('*') ? '*' : nameIn(reader);
  const percent = name === 'pct' || name === 'percentile' ? readPercent(reader) : undefined;
  reader.expect(')');
  const shown = reader.accept('as')
    ? aliasIn(reader)
    : `${name}(${field}${percent === undefined ? '' : `, ${percent}`})`;
  return { name: shown, of: aggregateOf(name, field, percent) };
}

function readPercent(reader: TokenReader): number {
  reader.expect(',');
  return Number(reader.take().text);
}

function aggregateOf(name: string, field: string, percent = 0): Aggregate['of'] {
  const values = (rows: readonly Row[]) => rows.map((row) => row.get(field)).filter((value) => value !== undefined);
  const numbers = (rows: readonly Row[]) =>
    values(rows)
      .map(numberOf)
      .filter((number) => number !== undefined);
  const ordered = (rows: readonly Row[]) => numbers(rows).toSorted((a, b) => a - b);
  /**
   * Includes texts: `sortsFirst` and `sortsLast` take a value of any field. The documentation does not say how `min`
   * and `max` treat texts.
   */
  const ranked = (rows: readonly Row[]) => values(rows).toSorted(compare);
  const ranking = (rows: readonly Row[]) => {
    const text = field === '@timestamp' ? undefined : values(rows).find((value) => numberOf(value) === undefined);
    if (text !== undefined) throw new NotImplemented(`${name}(${field}) of a text such as ${text}`);
    return ranked(rows);
  };
  const sum = (rows: readonly Row[]) => numbers(rows).reduce((total, number) => total + number, 0);
  switch (name) {
    case 'count':
      return (rows) => (field === '*' ? rows.length : values(rows).length);
    case 'count_distinct':
      return (rows) => new Set(values(rows)).size;
    case 'sum':
      return sum;
    case 'avg':
      return (rows) => (numbers(rows).length === 0 ? undefined : sum(rows) / numbers(rows).length);
    case 'min':
      return (rows) => ranking(rows)[0];
    case 'max':
      return (rows) => ranking(rows).at(-1);
    case 'sortsfirst':
      return (rows) => ranked(rows)[0];
    case 'sortslast':
      return (rows) => ranked(rows).at(-1);
    case 'pct':
    case 'percentile':
      return (rows) => {
        const sorted = ordered(rows);
        return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
      };
    case 'latest':
      return (rows) => atTheEnd(rows, field, 'latest');
    case 'earliest':
      return (rows) => atTheEnd(rows, field, 'earliest');
    default:
      throw new NotImplemented(`the aggregation ${name} in a query`);
  }
}

/**
 * The documentation does not say what results where the event in question lacks the field, so no query should depend on
 * it.
 */
function atTheEnd(rows: readonly Row[], field: string, which: 'latest' | 'earliest'): Value {
  const sorted = rows.toSorted(
    (a, b) => compare(a.get('@timestamp'), b.get('@timestamp')) || compare(a.get('@ptr'), b.get('@ptr')),
  );
  const row = which === 'latest' ? sorted.at(-1) : sorted[0];
  if (row === undefined) return undefined;
  const value = row.get(field);
  if (value === undefined) throw new NotImplemented(`${which}(${field}) where the ${which} event has no ${field}`);
  return value;
}
