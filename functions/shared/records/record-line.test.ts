import { describe, expect, it } from 'vitest';
import { exampleRecord } from './record.fixture.ts';
import { isOtherVersion, readRecordLine, recordIn } from './record-line.ts';

const line = JSON.stringify(exampleRecord);
/** The rest of a line whose writer was stopped. */
const torn = '{"kind":"record","version":1,"mess';

describe('a reader of records', () => {
  it('takes a record, also with members, functions and reasons that it does not know', () => {
    expect(readRecordLine(line)).toEqual(exampleRecord);
    const newer = { ...exampleRecord, remediation: 'make-coffee', reason: 'brewed', cups: 2 };
    expect(readRecordLine(JSON.stringify(newer))).toMatchObject({ remediation: 'make-coffee', reason: 'brewed' });
  });

  it.each([
    ['any other line', 'START RequestId: 1'],
    ['a metric', '{"_aws":{"Timestamp":1}}'],
    ['a line that speaks of records', '{"message":"not a \\"kind\\":\\"record\\""}'],
    ['a torn record', torn],
    ['a record that lacks members', '{"kind":"record","version":1}'],
  ])('takes %s for none', (_, other) => {
    expect(readRecordLine(other)).toBeUndefined();
    expect(isOtherVersion(other)).toBe(false);
  });

  it('tells a record of another version', () => {
    const later = JSON.stringify({ ...exampleRecord, version: 2 });
    expect(readRecordLine(later)).toBeUndefined();
    expect(isOtherVersion(later)).toBe(true);
  });
});

it('whoever checks what functions write is not spared a torn line', () => {
  expect(recordIn(line)).toEqual(exampleRecord);
  expect(() => recordIn(torn)).toThrow(SyntaxError);
});
