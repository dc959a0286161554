import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DAYS_BETWEEN_RELEASES } from '../../functions/shared/releases/cadence.ts';
import { operateOffline } from '../operator.fixture.ts';
import { policy } from './policy.ts';

const directory = mkdtempSync(join(tmpdir(), 'policy-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(document: unknown): string {
  const path = join(directory, 'policy.json');
  writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document));
  return path;
}

/** The time is the evening before the clocks go back in Berlin. */
const run = (...argv: string[]) => operateOffline(policy, argv, Date.parse('2026-10-24T18:00:00Z'));

describe('policy check', () => {
  it('finds nothing to say about an empty document', async () => {
    expect(await run('check', file({}))).toMatchObject({
      code: 0,
      lines: [],
      stderr: expect.stringMatching(/good policy/),
    });
  });

  it('says of a document that the parameter cannot hold that it is too big, and of one that needs the Advanced tier so', async () => {
    const sized = (bytes: number) => `{${' '.repeat(bytes - 2)}}`;
    expect(await run('check', file(sized(4_096)))).toMatchObject({ code: 0, lines: [] });
    expect(await run('check', file(sized(4_097)))).toMatchObject({
      code: 0,
      lines: [expect.stringMatching(/^warning: it is 4097 bytes: .* Advanced/)],
    });
    expect(await run('check', file(sized(8_192)))).toMatchObject({ code: 0 });
    expect(await run('check', file(`${sized(8_192)}\n`))).toMatchObject({ code: 0 });
    expect(await run('check', file(sized(8_193)))).toMatchObject({
      code: 1,
      lines: [expect.stringMatching(/^fault: it is 8193 bytes, and the parameter holds 8192/)],
    });
  });

  it('stops no function for an override by tag that is stricter than what the document itself says', async () => {
    const upgrades = { bakeAge: '2h', stopAfterFailures: 3, waves: ['canary', 'prod'], wave: 'canary' };
    const stricter = { bakeAge: '4h', stopAfterFailures: 2, wave: 'prod' };
    const slow = {
      name: 'slow',
      match: { tags: { slow: '*' } },
      upgrades: stricter,
      quarantine: { expireAfter: '9d' },
    };
    const document = { upgrades, quarantine: { expireAfter: '7d' }, overrides: [slow] };
    expect(await run('check', file(document))).toMatchObject({ code: 0, lines: [] });
    const looser = { ...document, overrides: [{ ...slow, upgrades: { bakeAge: '1h' } }] };
    const { code, lines } = await run('check', file(looser));
    expect([code, lines.at(-1)]).toEqual([1, 'fault: until that is right, nothing is done by upgrade-node-groups']);
  });

  it('tells the next five openings of each window, on the clocks of its time zone', async () => {
    const windows = [
      { cron: '0 23 * * SAT', duration: '4h', timeZone: 'Europe/Berlin' },
      { cron: '0 2 * * SAT#1', duration: '90m' },
    ];
    const { code, lines } = await run('check', file({ upgrades: { windows } }));
    expect(code).toBe(0);
    expect(lines).toEqual([
      'upgrades.windows.0: "0 23 * * SAT" in Europe/Berlin, next:',
      '- Sat 2026-10-24 23:00 to Sun 2026-10-25 02:00 (GMT+2, then GMT+1)',
      '- Sat 2026-10-31 23:00 to Sun 2026-11-01 03:00 (GMT+1)',
      '- Sat 2026-11-07 23:00 to Sun 2026-11-08 03:00 (GMT+1)',
      '- Sat 2026-11-14 23:00 to Sun 2026-11-15 03:00 (GMT+1)',
      '- Sat 2026-11-21 23:00 to Sun 2026-11-22 03:00 (GMT+1)',
      'upgrades.windows.1: "0 2 * * SAT#1" in UTC, next:',
      '- Sat 2026-11-07 02:00 to 03:30 (GMT+0)',
      '- Sat 2026-12-05 02:00 to 03:30 (GMT+0)',
      '- Sat 2027-01-02 02:00 to 03:30 (GMT+0)',
      '- Sat 2027-02-06 02:00 to 03:30 (GMT+0)',
      '- Sat 2027-03-06 02:00 to 03:30 (GMT+0)',
    ]);
  });

  it('names each fault with its fix, who stops for it, and still the windows that are right', async () => {
    const windows = [
      { cron: '0 2 1-7 * SAT', duration: '4h' },
      { cron: '0 3 1 * *', duration: '1h', timeZone: 'Asia/Kolkata' },
    ];
    const { code, lines, stderr } = await run('check', file({ upgrades: { windows } }));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/policy\.json: not a good policy\.$/)]);
    expect(lines.slice(0, 4)).toEqual([
      expect.stringMatching(/^fault: upgrades\.windows\.0\.cron: names days .* write "0 2 \* \* SAT#1"$/),
      'fault: until that is right, nothing is done by upgrade-node-groups',
      'upgrades.windows.1: "0 3 1 * *" in Asia/Kolkata, next:',
      '- Sun 2026-11-01 03:00 to 04:00 (GMT+5:30)',
    ]);
  });

  it.each([
    [{ upgrades: { bakeAge: '7d' } }, []],
    [
      { upgrades: { bakeAge: '14d' } },
      [/^warning: upgrades\.bakeAge: 14 days .* run about 2 releases behind the newest/],
    ],
    [{ upgrades: { bakeAge: '10d' } }, [/^warning: upgrades\.bakeAge: .* run about one release behind/]],
    [{ upgrades: { bakeAge: '1h' } }, [/^warning: upgrades\.urgent\.bakeAge: is longer than upgrades\.bakeAge/]],
    [{ upgrades: { bakeAge: '1h', urgent: { bakeAge: '30m' } } }, []],
    [
      { upgrades: { keyPairs: { mode: 'enforce' } } },
      [/^warning: upgrades\.keyPairs\.mode: .* the setting imageRights, which is off/],
    ],
  ])('warns of what is hardly meant: %j', async (document, warnings) => {
    const { code, lines } = await run('check', file(document));
    expect(code).toBe(0);
    expect(lines).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
  });

  it('warns of a window that may be over before anything begins', async () => {
    const { lines } = await run('check', file({ upgrades: { windows: [{ cron: '0 2 * * *', duration: '1m' }] } }));
    expect(lines[0]).toMatch(/^warning: upgrades\.windows\.0\.duration: less than 5m/);
  });

  it('tells the same with --json, as one object', async () => {
    const windows = [{ cron: '0 23 * * SAT', duration: '4h', timeZone: 'Europe/Berlin' }];
    const { lines } = await run('check', file({ upgrades: { windows, bakeAge: '30d' }, killSwitch: 1 }), '--json');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      isGood: false,
      faults: [expect.stringMatching(/^killSwitch: /)],
      stopped: expect.arrayContaining(['upgrade-node-groups', 'quarantine-workers', 'manage-ssm-agent']),
      windows: [
        {
          path: 'upgrades.windows.0',
          cron: '0 23 * * SAT',
          timeZone: 'Europe/Berlin',
          openings: expect.arrayContaining([{ from: '2026-10-24T21:00:00.000Z', to: '2026-10-25T01:00:00.000Z' }]),
        },
      ],
    });
  });

  it.each([
    [['check', '/nowhere/policy.json'], 2, '/nowhere/policy.json: there is no such file'],
    [['check', 'a', 'b'], 2, '"b": policy check takes one file'],
    [[], 2, 'VERB: missing: policy takes show, check [FILE], put FILE or schema.'],
    [['shwo'], 2, '"shwo": policy takes show, check [FILE], put FILE or schema. Did you mean "show"?'],
    [['put'], 2, 'FILE: missing; name a file, or - for stdin'],
    [['schema', 'x'], 2, '"x": policy schema takes no file'],
    [['check', 'x', '--yes'], 2, '--yes: belongs to policy put'],
    [['check'], 1, 'no AWS here'],
  ])('says what is wrong with %j', async (argv, code, message) => {
    expect(await run(...argv)).toMatchObject({ code, lines: [], stderr: expect.stringContaining(message) });
  });

  it('says that what is no JSON is none', async () => {
    const { code, lines } = await run('check', file('{"upgrades":'));
    expect([code, lines[0]]).toEqual([1, expect.stringMatching(/^fault: it is not JSON: /)]);
  });
});

it('what lies between two releases is what lay between those of a year', () => {
  const { releases } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../sandbox/releases/eks-ami-releases.json'), 'utf8'),
  ) as { releases: Array<{ tag: string }> };
  const days = releases.map(({ tag }) => Date.parse(tag.replace(/^v(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')) / 86_400_000);
  const between = days
    .slice(1)
    .map((day, index) => day - (days[index] ?? 0))
    .sort((a, b) => a - b);
  expect(between[Math.floor(between.length / 2)]).toBe(DAYS_BETWEEN_RELEASES);
});

describe('policy schema', () => {
  it('is the JSON Schema of the document, with the meaning of each member, and needs no AWS', async () => {
    const { code, lines } = await run('schema');
    const schema = JSON.parse(lines.join('\n'));
    expect(code).toBe(0);
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    expect(schema.properties.killSwitch).toMatchObject({ type: 'boolean', default: false });
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(['scope', 'upgrades', 'quarantine']));
    // Every key has a default, so an empty document is valid.
    expect(schema.required ?? []).toEqual([]);
  });
});
