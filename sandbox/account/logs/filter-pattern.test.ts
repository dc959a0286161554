import { describe, expect, it } from 'vitest';
import { compileFilterPattern } from './filter-pattern.ts';

const LINE = JSON.stringify({
  kind: 'record',
  level: 'INFO',
  latencyMs: 28_004,
  cluster: 'prod-eu',
  ok: true,
  gone: null,
  calls: [{ operation: 'TerminateInstances' }],
  'a b': 'c',
});
const APACHE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

describe('a filter pattern, as the CloudWatch Logs guide shows them', () => {
  it.each([
    ['', LINE],
    ['record', LINE],
    ['"TerminateInstances" -ERROR', LINE],
    ['?ERROR ?prod', LINE],
    ['%prod-[a-z]{2}%', LINE],
    ['{ $.kind = "record" }', LINE],
    ['{ $.kind = record && $.cluster = "prod-*" }', LINE],
    ['{ $.kind != "call" }', LINE],
    ['{ $.latencyMs > 1000 && $.latencyMs <= 28004 }', LINE],
    ['{ $.latencyMs = 28004 }', LINE],
    ['{ $.ok IS TRUE }', LINE],
    ['{ $.gone IS NULL }', LINE],
    ['{ $.never NOT EXISTS }', LINE],
    ['{ $.calls[0].operation = "TerminateInstances" }', LINE],
    ['{ $.["a b"] = "c" }'.replace('.[', '['), LINE],
    ['{ $.cluster = %^prod% }', LINE],
    ['{ ($.kind = "x") || ($.level = "INFO" && $.ok IS TRUE) }', LINE],
    ['[ip, id, user, timestamp, request, status = 4*, bytes]', APACHE],
    ['[ip, ..., status = 404 || status = 500, bytes > 1000]', APACHE],
  ])('%s takes the line', (pattern, line) => {
    expect(compileFilterPattern(pattern)(line)).toBe(true);
  });

  it.each([
    ['Record', LINE],
    ['record -prod', LINE],
    ['?ERROR ?WARN', LINE],
    ['%^prod%', LINE],
    ['{ $.kind = "records" }', LINE],
    ['{ $.missing != "x" }', LINE],
    ['{ $.missing NOT EXISTS }', 'no JSON'],
    ['{ $.latencyMs > 28004 }', LINE],
    ['{ $.gone NOT EXISTS }', LINE],
    ['{ $.ok IS FALSE }', LINE],
    ['[ip, id, user]', APACHE],
    ['[ip, ..., status = 5*, bytes]', APACHE],
  ])('%s passes it by', (pattern, line) => {
    expect(compileFilterPattern(pattern)(line)).toBe(false);
  });

  it.each([
    '{ $.kind = ',
    '{ kind = "x" }',
    '{ $.a > b }',
    '{ $.a = "x" && }',
    '[a, , b]',
    '[..., a, ...]',
    '{ ($.a = 1 }',
    '{ $.a = 1 $.b = 2 }',
    '{ }',
    'a-b',
    '%(a)%',
    '"half',
  ])('%s is refused', (pattern) => {
    expect(() => compileFilterPattern(pattern)).toThrow(expect.objectContaining({ code: 'InvalidParameterException' }));
  });

  it.each([
    ['ERROR', 'an ERROR here', 'an error here'],
    ['two words', 'words: two', 'two'],
    ['"two words"', 'two words', 'two  words'],
    ['one -two', 'one', 'one two'],
    ['?one ?two', 'two', 'three'],
    ['{ $.a = "b" }', '{"a":"b"}', '{"a":"c"}'],
    ['{ $.a.b = 5 }', '{"a":{"b":5}}', '{"a":{"b":6}}'],
    ['{ $.a = "x*" && $.b = true }', '{"a":"xyz","b":true}', '{"a":"xyz","b":false}'],
    ['{ $.a = "b" }', '{"a":"b"}', 'not JSON'],
    ['{ $.a != "b" }', '{"a":"c"}', '{}'],
    ['{ $.a = 1 || $.b = 2 }', '{"b":2}', '{"a":2}'],
    ['{ $.a = 1 || $.b = 2 && $.c = 3 }', '{"a":1}', '{"b":2}'],
    ['{ ($.a = 1 || $.b = 2) && $.c = 3 }', '{"a":1,"c":3}', '{"a":1}'],
  ])('%s matches %s, not %s', (pattern, match, nearMiss) => {
    expect(compileFilterPattern(pattern)(match)).toBe(true);
    expect(compileFilterPattern(pattern)(nearMiss)).toBe(false);
  });
});
