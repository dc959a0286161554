import { expect, it } from 'vitest';
import { doubleKeys } from './double-keys.ts';

it.each([
  ['{"upgrades":{"bakeAge":"1d","bakeAge" : "3d"}}', ['upgrades.bakeAge']],
  ['{"upgrades":{},"quarantine":{},"upgrades":{"mode":"off"}}', ['upgrades']],
  ['{"overrides":[{"name":"a"},{"name":"b","name":"c"}]}', ['overrides.1.name']],
  ['{"a":1,"\\u0061":2,"a":3}', ['a']],
  ['{"a":{"b":1},"c":{"b":1},"d":["a","a",{"b":"b"},{"b":"},{"}]}', []],
  ['{"a":"\\"a\\":","b":[[],[1,{"x":null}]]}', []],
  ['[]', []],
])('names the keys that stand twice in one object: %s', (text, paths) => {
  expect(doubleKeys(text)).toEqual(paths);
});
