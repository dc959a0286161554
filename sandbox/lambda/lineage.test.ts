import { describe, expect, it } from 'vitest';
import { longestLineage, readLineage, writeLineage } from './lineage.ts';

describe('the lineage of an invocation', () => {
  it('is read from a trace header as it is written into one', () => {
    const lineage = new Map([
      ['a87bd80c', 1],
      ['68fd508a', 5],
    ]);
    expect(readLineage(`Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0;${writeLineage(lineage)}`)).toEqual(lineage);
  });

  it.each([[undefined], [''], ['Root=1-5759e988-bd862e3fe1be46a994272793'], ['Lineage='], ['Lineage=zz:1|a:b']])(
    'is none in %s',
    (header) => expect(readLineage(header).size).toBe(0),
  );

  it('of a batch is the longest of its messages', () => {
    const batch = [
      new Map([['a', 3]]),
      new Map([
        ['a', 1],
        ['b', 7],
      ]),
      new Map(),
    ];
    expect([...longestLineage(batch)]).toEqual([
      ['a', 3],
      ['b', 7],
    ]);
  });
});
