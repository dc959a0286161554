import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.ts';
import { COMMANDS } from './commands.ts';
import { UsageError } from './usage-error.ts';

const read = (...argv: string[]) => readArguments(argv, COMMANDS);
const EXPLAIN = { command: { name: 'explain' }, given: { positionals: ['shop'], options: { since: '1d' } } };

describe('options that every command has', () => {
  it.each([
    [['--json', 'explain', 'shop', '--since', '1d']],
    [['explain', '--json', 'shop', '--since', '1d']],
    [['explain', 'shop', '--since', '1d', '--json']],
  ])('may stand before the command or after it: %j', (argv) => {
    expect(read(...argv)).toMatchObject({ ...EXPLAIN, json: true });
  });

  it('take their values with them', () => {
    const shared = ['--stack', 'status', '--region=eu-west-1'];
    expect(read(...shared, 'explain', 'shop', '--since', '1d')).toMatchObject({
      ...EXPLAIN,
      stack: 'status',
      region: 'eu-west-1',
      json: false,
    });
  });

  it('--help says more about the command that follows it, or else lists all', () => {
    expect(read('--help', 'explain')).toEqual(read('explain', '--help'));
    for (const argv of [[], ['--help'], ['-h'], ['--json', '-h']]) {
      expect(read(...argv)).toMatchObject({ help: expect.stringMatching(/^Usage: npm run -s remediator -- COMMAND/) });
    }
  });
});

it.each([
  [['--since', '7d', 'explain', 'shop'], /^--since: only --stack, --region, --json, --help may stand before COMMAND/],
  [['--jsn', 'status'], /^--jsn: only --stack, /],
  [['--json'], /^COMMAND: missing\n\nUsage: /],
  [['--stack', 'status'], /^COMMAND: missing\n\nUsage: /],
  [['--json', 'state'], /^state: no such command\n\nUsage: /],
])('%j is refused with what would be right', (argv, message) => {
  expect(() => read(...argv)).toThrow(UsageError);
  expect(() => read(...argv)).toThrow(message);
});
