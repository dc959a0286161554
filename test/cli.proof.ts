import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { EKSClient, ListClustersCommand } from '@aws-sdk/client-eks';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import * as z from 'zod';
import { UsageError } from '../cli/usage-error.ts';
import { sample as amiRelease } from '../events/eks-ami-release.ts';
import { recordSchema } from '../functions/shared/records/record.ts';
import { functionNames } from '../infra/bundle.ts';
import { readArguments } from '../sandbox/cli/arguments.ts';
import { run } from '../sandbox/cli/run.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';

const root = join(import.meta.dirname, '..');
const directory = mkdtempSync(join(tmpdir(), 'cli-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the sandbox like `npm run -s sandbox -- …`. */
const sandbox = (...argv: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { cwd: root, maxBuffer: 1e8 };
    execFile(process.execPath, ['sandbox/main.ts', ...argv], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });

function file(name: string, content: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const release = (id: string) => ({
  ...amiRelease,
  id,
  detail: { ...amiRelease.detail, kubernetesVersion: '1.35', releaseVersion: '1.35.6-20260714' },
});

const lines = ({ stdout }: Ended): Array<Record<string, unknown>> =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const call = z.strictObject({
  kind: z.literal('call'),
  function: z.enum(functionNames()),
  service: z.string().min(1),
  operation: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
  outcome: z.string().min(1),
  at: z.iso.datetime(),
});

/** Runs in this process what the sandbox would run in a separate one. Returns the lines of stdout and stderr. */
async function playHere(...argv: string[]): Promise<{ stdout: string; stderr: string }> {
  const options = readArguments(argv);
  if (typeof options === 'string') throw new Error('that plays nothing');
  const printed: string[] = [];
  const noted: string[] = [];
  await run(options, readSynthesizedStack(inject('template')), {
    print: (text) => printed.push(`${text}\n`),
    note: (text) => noted.push(`${text}\n`),
  });
  return { stdout: stripVTControlCharacters(printed.join('')), stderr: noted.join('') };
}

const argv = (seed: string) => [
  ...['--fleet', join(root, 'sandbox/fleets/demo.json'), '--for', '2h', '--seed', seed, '--json', '--calls'],
  ...['--event', file('at-the-start.json', release('at-the-start'))],
  ...['--event', `${file('later.json', [release('later'), { ...release('bad'), detail: {} }])}@20m`],
];
const badFleet = file('bad.json', { startsAt: '2026-07-14T12:00:00Z', clusters: [{ name: 'a', version: '33' }] });

let played: Ended;
let refused: Ended;
let schema: Ended;
beforeAll(async () => {
  // Each process takes seconds, so these are the only ones.
  [played, refused, schema] = await Promise.all([
    sandbox(...argv('7')),
    sandbox('--fleet', badFleet, '--json'),
    sandbox('--schema'),
  ]);
}, 60_000);

describe('a run with --json', () => {
  it('ends with 0 and says nothing but JSON Lines: records, calls, and last the fleet', () => {
    expect(played).toMatchObject({ code: 0, stderr: '' });
    const kinds = lines(played).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['record', 'call', 'fleet']));
    expect(kinds.indexOf('fleet')).toBe(kinds.length - 1);
  });

  it('writes records in their one shape, and calls with exactly their members', () => {
    for (const line of lines(played)) {
      if (line.kind === 'record') recordSchema().parse(line);
      if (line.kind === 'call') call.parse(line);
    }
  });

  it('tells the final state of the fleet', () => {
    expect(lines(played).at(-1)).toMatchObject({
      kind: 'fleet',
      at: '2026-07-14T17:30:00.000Z',
      clusters: [
        { name: 'shop', nodeGroups: [{ name: 'batch' }, { name: 'web', status: 'ACTIVE', nodes: { length: 4 } }] },
        { name: 'data' },
      ],
    });
  });

  it('puts each event on its bus in its time', () => {
    const looks = lines(played)
      .filter((line) => line.function === 'upgrade-node-groups' && line.operation === 'ListClusters')
      .map(({ at }) => String(at).slice(0, 16));
    // A release makes the function list the fleet. The first schedule fires only an hour after the start.
    expect(looks.slice(0, 2)).toEqual(['2026-07-14T15:30', '2026-07-14T15:50']);
    const records = lines(played).filter(({ kind }) => kind === 'record');
    // A release that the watcher has not seen yet passes by itself within the hour, so it is remembered and not
    // recorded.
    expect(records.filter(({ reason }) => reason === 'release-not-yet-seen')).toEqual([]);
    expect(records.filter(({ reason }) => reason === 'invalid-event')).toHaveLength(1);
  });

  it('is the same for the same seed in any process, byte for byte, and another one for another seed', async () => {
    expect((await playHere(...argv('7'))).stdout).toBe(played.stdout);
    const other = await playHere(...argv('8'));
    expect(other.stdout).not.toBe(played.stdout);
    expect(other.stdout.split('\n').length).toBeGreaterThan(50);
  });

  it('leaves the calls out unless they are asked for', async () => {
    const quiet = await playHere(...argv('7').filter((argument) => argument !== '--calls'));
    const withoutCalls = played.stdout.split('\n').filter((line) => !line.startsWith('{"kind":"call"'));
    expect(quiet.stdout).toBe(withoutCalls.join('\n'));
  });
});

it('plays an invalid policy through, with a note, for a person to read', async () => {
  const policy = file('policy.json', { upgrade: {} });
  const demo = join(root, 'sandbox/fleets/demo.json');
  const { stdout, stderr } = await playHere('--fleet', demo, '--for', '2h', '--policy', policy);
  expect(stderr).toContain('--policy: The policy is invalid: upgrade: unknown key');
  expect(stderr).toContain('Until that is right, no function acts.');
  expect(stdout).toMatch(/shop\/web +✋ policy-invalid +The policy is invalid: upgrade: unknown key/);
  // The summary's row of the node group: last decision and reason.
  expect(stdout).toMatch(/shop\/web .* ACTIVE +4 +refused +policy-invalid$/m);
  expect(stdout).toContain('dead letters: 0');
});

describe('with --listen', () => {
  const demo = join(root, 'sandbox/fleets/demo.json');
  const serve = async (port: number, note: (text: string) => void) => {
    const options = readArguments([
      ...['--fleet', demo, '--json', '--listen', String(port), '--speed', '7200', '--for', '1h'],
    ]);
    if (typeof options === 'string') throw new Error('that serves nothing');
    const printed: string[] = [];
    await run(options, readSynthesizedStack(inject('template')), { print: (text) => printed.push(text), note });
    return printed;
  };

  it('the account answers any client while its time runs on, and ends in its time', async () => {
    let client: EKSClient | undefined;
    let answer: Promise<unknown> | undefined;
    const printed = await serve(0, (text) => {
      const endpoint = / at (http:\/\/127\.0\.0\.1:\d+),/.exec(text)?.[1];
      if (endpoint === undefined) return;
      const credentials = { accessKeyId: 'anybody', secretAccessKey: 'anything' };
      client = new EKSClient({ endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
      answer = client.send(new ListClustersCommand());
    });
    expect(await answer).toMatchObject({ clusters: ['data', 'shop'] });
    expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({ kind: 'fleet', at: '2026-07-14T16:30:00.000Z' });
    await expect(client?.send(new ListClustersCommand())).rejects.toThrow();
  });

  it('a port that somebody else has is bad input', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(serve(port, () => undefined)).rejects.toThrow(
      new UsageError(`--listen: listen EADDRINUSE: address already in use 127.0.0.1:${port}`),
    );
    other.close();
  });
});

it('ends with 2 and writes nothing to stdout when the input is bad, the field named', () => {
  expect(refused).toEqual({
    code: 2,
    stdout: '',
    stderr: `${badFleet}: clusters[0].version: expected a Kubernetes version such as 1.33\n`,
  });
});

it('prints a JSON Schema that takes every example and refuses what a fleet file may not say', () => {
  expect(schema).toMatchObject({ code: 0, stderr: '' });
  const fleetSchema = z.fromJSONSchema(JSON.parse(schema.stdout));
  const examples = globSync('sandbox/fleets/*.json', { cwd: root });
  expect(examples.length).toBeGreaterThan(3);
  for (const example of examples) {
    const fleet = JSON.parse(readFileSync(join(root, example), 'utf8'));
    expect(fleetSchema.safeParse(fleet).error, example).toBeUndefined();
    expect(fleetSchema.safeParse({ ...fleet, startsAt: 'today' }).success).toBe(false);
    expect(fleetSchema.safeParse({ ...fleet, cluster: [] }).success).toBe(false);
    expect(fleetSchema.safeParse({ ...fleet, clusters: [{ name: 'shop' }] }).success).toBe(false);
  }
});
