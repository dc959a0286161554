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
      expect(read(...argv)).toMatchObject({ help: expect.stringMatching(/^Usage: npx eks-host-remediator COMMAND/) });
    }
  });
});

it.each([
  [
    ['--since', '7d', 'explain', 'shop'],
    /^--since: only --stack, --region, --output, --json, --help, --version may stand before COMMAND/,
  ],
  [['--jsn', 'status'], /^--jsn: only --stack, /],
  [['--json'], /^COMMAND: missing\n\nUsage: /],
  [['--stack', 'status'], /^COMMAND: missing\n\nUsage: /],
  [['--json', 'state'], /^state: no such command\. Did you mean "status"\?\n\nUsage: /],
])('%j is refused with what would be right', (argv, message) => {
  expect(() => read(...argv)).toThrow(UsageError);
  expect(() => read(...argv)).toThrow(message);
});

describe('the form of the output', () => {
  it.each([
    [['-o', 'json'], { json: true, wide: false }],
    [['-o', 'wide'], { json: false, wide: true }],
    [['--output=table'], { json: false, wide: false }],
    [['--json', '-o', 'json'], { json: true, wide: false }],
  ])('%j', (argv, form) => {
    expect(read('status', ...argv)).toMatchObject(form);
  });

  it.each([
    [['-o', 'jsn'], /^--output: "jsn" is none of table, json, wide\. Did you mean "json"\?/],
    [['--json', '-o', 'wide'], /^--json: contradicts --output wide/],
    [['--stak', 'x'], /^--stak: status has no such option\. Did you mean --stack\?\n\nUsage: /],
    [['--profile', 'x'], /^--profile: status has no such option\. Set AWS_PROFILE\.\n\nUsage: /],
    [['-q'], /^-q: status has no such option\.\n\nUsage: /],
    [['--stack'], /^--stack: its value is missing \(/],
    [['-o'], /^--output: its value is missing \(/],
    [['--stack', '--json'], /^--stack: its value is missing \(/],
    [['--json=3'], /^--json: it takes no value\n/],
  ])('%j is refused with what would be right', (argv, message) => {
    expect(() => read('status', ...argv)).toThrow(message);
  });
});

it('help and --version are commands of their own', () => {
  expect(read('help', 'explain')).toEqual(read('explain', '--help'));
  expect(read('help')).toEqual(read('--help'));
  expect(() => read('help', 'explian')).toThrow(/Did you mean "explain"\?/);
  expect(read('--version')).toEqual({ version: true });
});

it.each(COMMANDS.map((command) => [command.name]))('%s explains itself, and names each of its options', (name) => {
  const request = read(name, '--help');
  const help = 'help' in request ? request.help : '';
  expect(help).toMatch(new RegExp(`^Usage: npx eks-host-remediator ${name}`));
  const { options } = COMMANDS.find((command) => command.name === name) ?? { options: {} };
  for (const option of Object.keys(options)) expect(help).toContain(`--${option}`);
});
