import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/usage-error.ts';
import { sample as amiRelease } from '../../events/eks-ami-release.ts';
import { type Arguments, readArguments } from './arguments.ts';

const directory = mkdtempSync(join(tmpdir(), 'arguments-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Writes a file of that name, and returns its path. */
function file(name: string, content: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const FLEET = { startsAt: '2026-07-14T12:00:00Z', clusters: [{ name: 'shop', version: '1.33' }] };
const fleet = file('fleet.json', FLEET);
const event = file('event.json', amiRelease);
const policy = file('policy.json', { upgrades: { bakeAge: '3d' } });

const read = (...argv: string[]): Arguments => {
  const options = readArguments(['--fleet', fleet, ...argv]);
  if (typeof options === 'string') throw new Error('only the schema was asked for');
  return options;
};

/** The error for the command line. */
function refusal(...argv: string[]): string {
  try {
    readArguments(argv);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`not refused: ${argv.join(' ')}`);
}

describe('the command line', () => {
  it('needs only a fleet: a day with seed 1, for a person to read', () => {
    expect(read()).toMatchObject({
      fleet: { clusters: [{ name: 'shop' }] },
      events: [],
      policy: undefined,
      duration: 86_400_000,
      seed: 1,
      json: false,
      calls: false,
      listen: undefined,
    });
  });

  it('takes every option', () => {
    expect(read('--policy', policy, '--for', '1h30m', '--seed', '7', '--json', '--calls')).toMatchObject({
      policy: '{"upgrades":{"bakeAge":"3d"}}',
      duration: 5_400_000,
      seed: 7,
      json: true,
      calls: true,
    });
  });

  it('serves at a minute a second until interrupted, unless told otherwise', () => {
    expect(read('--listen', '4566')).toMatchObject({ listen: { port: 4566, speed: 60 }, duration: undefined });
    expect(read('--listen', '0', '--speed', '600', '--for', '6h')).toMatchObject({
      listen: { port: 0, speed: 600 },
      duration: 21_600_000,
    });
  });

  it('needs nothing else for the schema', () => {
    expect(readArguments(['--schema'])).toBe('schema');
  });

  it.each(['--help', '-h'])('tells its usage on %s', (option) => {
    expect(readArguments([option])).toBe('help');
  });

  it('takes a file with a byte order mark', () => {
    expect(read('--policy', file('marked.json', '\uFEFF{}')).policy).toBe('{}');
  });

  it('plays at most a thousand days', () => {
    expect(refusal('--fleet', fleet, '--for', '10000w')).toBe('--for: "10000w" is over 1000d');
  });

  it('takes several events, one or many a file, each file at its time', () => {
    const many = file('many.json', [
      { ...amiRelease, id: 'first' },
      { ...amiRelease, id: 'second' },
    ]);
    const { events } = read('--event', event, '--event', `${many}@30s`, '--event', `${event}@1h`);
    expect(events.map(({ after, event: { id } }) => [after, id])).toEqual([
      [0, amiRelease.id],
      [30_000, 'first'],
      [30_000, 'second'],
      [3_600_000, amiRelease.id],
    ]);
    expect(events[0]?.event).toEqual(amiRelease);
  });

  it('hands a policy on as it is, be it right or wrong', () => {
    expect(read('--policy', file('bad-policy.json', '{')).policy).toBe('{');
  });

  it.each([
    ['--fleet: missing', []],
    ['--fleet: missing', ['--json']],
    ["Unknown option '--flet'", ['--flet', fleet]],
    ["Option '--for <value>' argument missing", ['--fleet', fleet, '--for']],
    ["Unexpected argument 'more'", ['--fleet', fleet, 'more']],
    ['--for: "soon" is not a duration such as', ['--fleet', fleet, '--for', 'soon']],
    ['--for: "6" is not a duration', ['--fleet', fleet, '--for', '6']],
    ['--seed: "x" is not a whole number from 0 to', ['--fleet', fleet, '--seed', 'x']],
    ['--seed: "1.5" is not a whole number', ['--fleet', fleet, '--seed', '1.5']],
    ['--seed: "4294967296" is not a whole number', ['--fleet', fleet, '--seed', '4294967296']],
    ['--calls: only with --json', ['--fleet', fleet, '--calls']],
    ['--speed: only with --listen', ['--fleet', fleet, '--speed', '60']],
    ['--speed: "0" is not a whole number from 1', ['--fleet', fleet, '--listen', '0', '--speed', '0']],
    ['--listen: "65536" is not a whole number from 0 to 65535', ['--fleet', fleet, '--listen', '65536']],
    ['--event: "later" is not a duration', ['--fleet', fleet, '--event', `${event}@later`]],
    [`--event ${event}@2d: after the end of the run`, ['--fleet', fleet, '--event', `${event}@2d`]],
  ])('is refused: %s', (message, argv) => {
    expect(refusal(...argv)).toContain(message);
  });

  it.each(['fleet', 'event', 'policy'])('names a missing file of --%s', (option) => {
    const missing = join(directory, 'missing.json');
    const argv = option === 'fleet' ? ['--fleet', missing] : ['--fleet', fleet, `--${option}`, missing];
    expect(refusal(...argv)).toMatch(`--${option} ${missing}: there is no such file`);
  });

  it('explains itself when an option is missing or unknown', () => {
    expect(refusal()).toContain('Usage: npm run -s sandbox --');
    expect(refusal('--fleets')).toContain('Usage: npm run -s sandbox --');
  });
});

describe('a fleet file', () => {
  it.each([
    ['clusters[0].verison: unknown key', { ...FLEET, clusters: [{ name: 'shop', version: '1.33', verison: '1' }] }],
    ['clusters[0].version: missing', { ...FLEET, clusters: [{ name: 'shop' }] }],
    ['startsAt: no such day', { ...FLEET, startsAt: '2026-02-30T00:00:00Z' }],
    [
      'clusters[0].nodeGroups[0].amiType: ',
      { ...FLEET, clusters: [{ name: 'shop', version: '1.33', nodeGroups: [{ name: 'web', amiType: 'AL3' }] }] },
    ],
  ])('is refused with the field named: %s', (message, content) => {
    const path = file('bad-fleet.json', content);
    expect(refusal('--fleet', path)).toContain(`${path}: ${message}`);
  });

  it('is refused when it is not JSON', () => {
    const path = file('no-json.json', '{');
    expect(refusal('--fleet', path)).toMatch(`${path}: `);
  });
});

describe('an event file', () => {
  it.each(['id', 'source', 'detail-type', 'account', 'region', 'time', 'detail'])(
    'is refused without %s, alone or in an array',
    (member) => {
      const { [member as 'id']: _, ...rest } = amiRelease;
      const [one, many] = [file('one.json', rest), file('bad-many.json', [amiRelease, rest])];
      expect(refusal('--fleet', fleet, '--event', one)).toContain(`--event ${one}: ${member}: `);
      expect(refusal('--fleet', fleet, '--event', many)).toContain(`--event ${many}: 1.${member}: `);
    },
  );

  it.each([
    ['account: must be a 12-digit AWS account id', { ...amiRelease, account: '1' }],
    ['time: must be an ISO 8601 time', { ...amiRelease, time: 'today' }],
    ['must be an object: write { }', 5],
    ['detail: missing: give an object', { ...amiRelease, detail: undefined }],
    ['region: must be a text: write "1", in quotes', { ...amiRelease, region: 1 }],
    ['not JSON: ', '{'],
  ])('is refused: %s', (message, content) => {
    const path = file('bad-event.json', content);
    expect(refusal('--fleet', fleet, '--event', path)).toContain(`--event ${path}: ${message}`);
  });
});

describe('a policy file', () => {
  it.each([
    ['0 bytes', ''],
    ['8193 bytes', JSON.stringify('x'.repeat(8191))],
  ])('that Parameter Store would not take is refused: %s', (what, content) => {
    const path = file('unstorable.json', content);
    expect(refusal('--fleet', fleet, '--policy', path)).toBe(
      `--policy ${path}: ${what}; SSM Parameter Store takes 1 to 8192`,
    );
  });
});
