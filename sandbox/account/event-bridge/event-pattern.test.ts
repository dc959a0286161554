import { describe, expect, it } from 'vitest';
import { compileEventPattern } from './event-pattern.ts';

const event = {
  source: 'aws.inspector2',
  'detail-type': 'Inspector2 Finding',
  resources: ['arn:aws:ec2:eu-central-1:111122223333:instance/i-1', 'other'],
  detail: {
    severity: 'HIGH',
    score: 7.5,
    fix: true,
    nothing: null,
    empty: '',
    file: 'dir/a*b.png',
    address: '10.1.2.3',
    address6: '2001:db8::1',
    list: [],
    mixed: [{}, 'value'],
    packages: [
      { name: 'openssl', version: 1 },
      { name: 'zlib', version: 2 },
    ],
  },
};

const detail = (pattern: unknown) => ({ detail: pattern });

describe('an event pattern', () => {
  it.each([
    ['an exact text', { source: ['aws.inspector2'] }, { source: ['aws.inspector'] }],
    ['one of several', detail({ severity: ['LOW', 'HIGH'] }), detail({ severity: ['LOW', 'high'] })],
    ['a number', detail({ score: [7.5] }), detail({ score: ['7.5'] })],
    ['a boolean', detail({ fix: [true] }), detail({ fix: ['true'] })],
    ['null', detail({ nothing: [null] }), detail({ missing: [null] })],
    ['an empty text', detail({ empty: [''] }), detail({ missing: [''] })],
    [
      'all of several keys',
      { source: ['aws.inspector2'], detail: { fix: [true] } },
      { source: ['aws.inspector2'], detail: { fix: [false] } },
    ],
    ['an element of an array', { resources: ['other'] }, { resources: ['another'] }],
    [
      'an object in an array',
      detail({ packages: { name: ['zlib'], version: [2] } }),
      detail({ packages: { name: ['zlib'], version: [1] } }),
    ],
    ['prefix', { resources: [{ prefix: 'arn:aws:ec2:' }] }, { resources: [{ prefix: 'ec2' }] }],
    [
      'prefix, ignoring case',
      detail({ severity: [{ prefix: { 'equals-ignore-case': 'hi' } }] }),
      detail({ severity: [{ prefix: 'hi' }] }),
    ],
    ['suffix', detail({ file: [{ suffix: '.png' }] }), detail({ file: [{ suffix: '.PNG' }] })],
    [
      'suffix, ignoring case',
      detail({ file: [{ suffix: { 'equals-ignore-case': '.PNG' } }] }),
      detail({ file: [{ suffix: { 'equals-ignore-case': '.JPG' } }] }),
    ],
    [
      'equals-ignore-case',
      detail({ severity: [{ 'equals-ignore-case': 'high' }] }),
      detail({ severity: [{ 'equals-ignore-case': 'hig' }] }),
    ],
    [
      'anything-but a text',
      detail({ severity: [{ 'anything-but': 'LOW' }] }),
      detail({ severity: [{ 'anything-but': 'HIGH' }] }),
    ],
    [
      'anything-but a list',
      detail({ score: [{ 'anything-but': [1, 2] }] }),
      detail({ score: [{ 'anything-but': [1, 7.5] }] }),
    ],
    [
      'anything-but needs a value',
      detail({ severity: [{ 'anything-but': 'x' }] }),
      detail({ missing: [{ 'anything-but': 'x' }] }),
    ],
    [
      'anything-but a prefix',
      detail({ severity: [{ 'anything-but': { prefix: 'LO' } }] }),
      detail({ severity: [{ 'anything-but': { prefix: 'HI' } }] }),
    ],
    [
      'anything-but prefixes',
      detail({ severity: [{ 'anything-but': { prefix: ['LO', 'ME'] } }] }),
      detail({ severity: [{ 'anything-but': { prefix: ['LO', 'HI'] } }] }),
    ],
    [
      'anything-but a suffix',
      detail({ file: [{ 'anything-but': { suffix: '.jpg' } }] }),
      detail({ file: [{ 'anything-but': { suffix: '.png' } }] }),
    ],
    [
      'anything-but, ignoring case',
      detail({ severity: [{ 'anything-but': { 'equals-ignore-case': ['low'] } }] }),
      detail({ severity: [{ 'anything-but': { 'equals-ignore-case': 'high' } }] }),
    ],
    [
      'anything-but a wildcard',
      detail({ file: [{ 'anything-but': { wildcard: '*/lib/*' } }] }),
      detail({ file: [{ 'anything-but': { wildcard: 'dir/*' } }] }),
    ],
    ['exists: true', detail({ severity: [{ exists: true }] }), detail({ missing: [{ exists: true }] })],
    ['exists: false', detail({ missing: [{ exists: false }] }), detail({ severity: [{ exists: false }] })],
    ['exists looks at leaves only', { detail: [{ exists: false }] }, { detail: [{ exists: true }] }],
    [
      'exists: false under a missing node',
      detail({ a: { b: [{ exists: false }] } }),
      detail({ a: { b: [{ exists: true }] } }),
    ],
    ['numeric =', detail({ score: [{ numeric: ['=', 7.5] }] }), detail({ score: [{ numeric: ['=', 7] }] })],
    [
      'a numeric range',
      detail({ score: [{ numeric: ['>', 7, '<=', 7.5] }] }),
      detail({ score: [{ numeric: ['>', 7.5, '<=', 9] }] }),
    ],
    ['numeric <', detail({ score: [{ numeric: ['<', 8] }] }), detail({ severity: [{ numeric: ['<', 8] }] })],
    ['wildcard', detail({ file: [{ wildcard: 'd*.p*g' }] }), detail({ file: [{ wildcard: 'd*.jpg' }] })],
    [
      'a wildcard with an escaped star',
      detail({ file: [{ wildcard: 'dir/a\\*b*' }] }),
      detail({ file: [{ wildcard: 'dir/\\*b*' }] }),
    ],
    [
      'a wildcard whose dot is a dot',
      detail({ file: [{ wildcard: '*.png' }] }),
      detail({ file: [{ wildcard: 'dir.a*' }] }),
    ],
    ['cidr', detail({ address: [{ cidr: '10.0.0.0/8' }] }), detail({ address: [{ cidr: '10.2.0.0/16' }] })],
    [
      'cidr of IPv6',
      detail({ address6: [{ cidr: '2001:db8::/32' }] }),
      detail({ address: [{ cidr: '2001:db8::/32' }] }),
    ],
    [
      '$or',
      detail({ $or: [{ severity: ['LOW'] }, { fix: [true] }] }),
      detail({ $or: [{ severity: ['LOW'] }, { fix: [false] }] }),
    ],
    [
      '$or beside a key',
      detail({ score: [7.5], $or: [{ severity: ['HIGH'] }, { fix: [false] }] }),
      detail({ score: [7], $or: [{ severity: ['HIGH'] }, { fix: [true] }] }),
    ],
    [
      'exists: false only where no element is a value',
      detail({ packages: [{ exists: false }] }),
      detail({ mixed: [{ exists: false }] }),
    ],
    ['an empty array is no value', detail({ list: [{ exists: false }] }), detail({ list: [{ exists: true }] })],
    [
      'a key that JavaScript objects have',
      detail({ constructor: [{ exists: false }] }),
      detail({ constructor: [{ exists: true }] }),
    ],
  ])('matches %s, and not its near miss', (_, match, nearMiss) => {
    expect(compileEventPattern(match)(event)).toBe(true);
    expect(compileEventPattern(JSON.stringify(nearMiss))(event)).toBe(false);
  });

  it.each([
    ['an unknown operator', { source: [{ regex: 'a' }] }, 'Unrecognized match type regex'],
    ['a bare value', { source: 'aws.ec2' }, 'must be an object or an array'],
    ['an empty array', { source: [] }, 'Empty arrays'],
    ['an empty pattern', {}, 'not an object'],
    ['two operators in one', { source: [{ prefix: 'a', suffix: 'b' }] }, 'Only one key'],
    ['$or with one branch', { $or: [{ a: [1] }] }, '$or'],
    ['an unknown nested operator', { a: [{ 'anything-but': { exists: true } }] }, 'anything-but'],
    ['a bad comparison', { a: [{ numeric: ['~', 1] }] }, 'numeric operator ~'],
    ['a number out of range', { a: [{ numeric: ['<', 5e10] }] }, '5.0E9'],
    ['a bad CIDR', { a: [{ cidr: '10.0.0.0/33' }] }, 'CIDR'],
    ['two stars in a row', { a: [{ wildcard: 'a**b' }] }, 'Consecutive'],
    ['text that is not JSON', '{', 'not valid JSON'],
  ])('refuses %s', (_, pattern, reason) => {
    expect(() => compileEventPattern(pattern)).toThrow(reason);
  });
});
