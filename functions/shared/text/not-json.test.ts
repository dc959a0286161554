import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyNotJson } from './not-json.ts';

function faultOf(text: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    return whyNotJson(text, error);
  }
  return '';
}

describe('why a text is not JSON', () => {
  it.each([
    ['', 'it is empty; {} is a document without any key'],
    [' \n', 'it is empty; {} is a document without any key'],
    ['\ufeff{}', 'it begins with a byte order mark; save it as UTF-8 without one'],
    ['\ufffd\ufffd{\0}\0', 'it is not UTF-8; save it as UTF-8'],
    ['upgrades:\n  bakeAge: 24h\n', 'it looks like YAML; write JSON, which begins with {'],
    ['---\n{"upgrades":{}}', 'it looks like YAML; write JSON, which begins with {'],
    ['# policy\nupgrades:', 'it looks like YAML; write JSON, which begins with {'],
    ['{\n  // why\n  "a": 1\n}', 'line 2: JSON has no comments; take them out'],
    ['{"a": "http://x", /* why */ "b": 1}', 'line 1: JSON has no comments; take them out'],
    ['{\r\n  "a": 1, # why\r\n}', 'line 2: JSON has no comments; take them out'],
    ['{\n  "a": {"b": 1,}\n}', 'line 2: no comma may stand before } or ]; take it out'],
    ['{\n  "a": [1,\n  ]\n}', 'line 2: no comma may stand before } or ]; take it out'],
    ["{'a': 1}", `line 1: ' begins no text in JSON; write "`],
    ['{\u201ca\u201d: 1}', 'line 1: \u201c begins no text in JSON; write "'],
    ['{"a": True}', 'line 1: True is none of JSON; write true'],
    ['{"a": yes}', 'line 1: yes is none of JSON; write true'],
    ['{"a": off}', 'line 1: off is none of JSON; write false'],
    ['{"a": None}', 'line 1: None is none of JSON; write null, or leave the key out'],
    ['{\n a: 1}', 'line 2: a must stand in double quotes: "a"'],
    ['{"a": 24h}', 'line 1: 24h is no number; put it into double quotes: "24h"'],
    ['{"a": 1', 'it ends too early: a } or ] is missing at its end'],
    ['{"a": [{', 'it ends too early: 3 of } or ] are missing at its end'],
    ['{"a": "b}', 'line 1: a text does not end on its line; end it with "'],
  ])('%j', (text, fault) => {
    expect(faultOf(text)).toBe(fault);
  });

  it.each(['{"a" 1}', '{"a": 1 "b": 2}', '{}}', '{"a": 01}'])('in the words of the parser otherwise: %j', (text) => {
    expect(faultOf(text)).toMatch(/JSON/);
  });

  it('never throws, and never is empty', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json().map((text) => `${text.slice(1)},`),
        ),
        (text) => {
          expect(whyNotJson(text, new SyntaxError('fault'))).not.toBe('');
        },
      ),
    );
  });
});
