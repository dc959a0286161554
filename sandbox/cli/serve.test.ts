import { expect, it } from 'vitest';
import { UsageError } from '../../cli/usage-error.ts';
import { readServing } from './serve.ts';

const terminal = { isTTY: true };

it.each([
  ['a terminal', [], terminal, undefined, { port: 8474, mustBeThere: false }],
  ['a script', [], {}, undefined, 'no'],
  ['CI, whatever its terminal', [], terminal, 'true', 'no'],
  ['a script that asks for it', ['--serve'], {}, 'true', { port: 8474, mustBeThere: false }],
  ['a port that is asked for', ['--serve', '8080'], {}, undefined, { port: 8080, mustBeThere: true }],
])('in %s', (_, argv, stdout, CI, serving) => {
  expect(readServing(argv, stdout, CI)).toEqual(serving);
});

it.each([['8080'], ['--serve', 'x'], ['--serve', '70000'], ['--serve', '1', '2'], ['--port']])(
  'refuses %s',
  (...argv) => {
    expect(() => readServing(argv, terminal, undefined)).toThrow(UsageError);
  },
);
