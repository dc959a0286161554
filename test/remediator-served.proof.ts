import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ended } from '../cli/operator.fixture.ts';
import { ROOT } from './markdown.ts';
import { privateFleet, publicLaunch } from './quarantine.fixture.ts';
import { inProcess } from './remediator-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'remediator-served-'));
let sandbox: ChildProcess;
let url: string;
const remediator = (...argv: string[]): Promise<Ended> => inProcess(url, ...argv);

/** Serves a sandbox as in docs/sandbox.md, and returns its address. */
async function serve(fleet: object, policy: object): Promise<string> {
  const [fleetFile, policyFile] = [join(directory, 'fleet.json'), join(directory, 'policy.json')];
  writeFileSync(fleetFile, JSON.stringify(fleet));
  writeFileSync(policyFile, JSON.stringify(policy));
  const argv = ['--fleet', fleetFile, '--policy', policyFile, '--listen', '0', '--speed', '600', '--json'];
  const child = spawn(process.execPath, ['sandbox/main.ts', ...argv], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  sandbox = child;
  return new Promise((resolve, reject) => {
    let told = '';
    child.stderr.on('data', (chunk) => {
      told += String(chunk);
      const [, address] = / at (http:\/\/127\.0\.0\.1:\d+),/.exec(told) ?? [];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', () => reject(new Error(`the sandbox serves nothing: ${told}`)));
  });
}

/** Polls, while the sandbox's time advances ten minutes per second. */
async function until(isSo: (ended: Ended) => boolean, ...argv: string[]): Promise<Ended> {
  for (let attempts = 0; attempts < 60; attempts++) {
    const ended = await remediator(...argv);
    if (isSo(ended)) return ended;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`${argv.join(' ')} never told what was waited for`);
}

describe("against a served sandbox, whose time is months away from this machine's and runs 600 times as fast", () => {
  let worker: string;

  beforeAll(async () => {
    const fleet = privateFleet({ maxSize: 10 }, publicLaunch());
    url = await serve(fleet, { ssmAgent: { mode: 'off' }, upgrades: { mode: 'off' } });
    const { stdout } = await until(({ stdout }) => stdout !== '', 'quarantines', '--json');
    worker = JSON.parse(stdout).instanceId;
  });

  afterAll(async () => {
    sandbox.kill('SIGINT');
    if (sandbox.exitCode === null) await once(sandbox, 'exit');
    rmSync(directory, { recursive: true });
  });

  it('status tells that all is alive, once the first sweep went by', async () => {
    const { stdout, stderr } = await until(({ code }) => code === 0, 'status');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ {2}sweep-fleet {10}ran \d+[smh] ago; \d+ runs? in 24h$/m);
    expect(stdout).toMatch(/^In quarantine: 1 /m);
  });

  it('explain tells the incident of the last days', async () => {
    const { code, stdout, stderr } = await remediator('explain', worker);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^2026-07-15\n.*▶ quarantine-started /ms);
  });

  it('release tells what comes of it, and how it ended', async () => {
    const { code, stdout } = await remediator('release', worker, '--why', 'a test asked for it');
    expect(stdout).toMatch(/▶ release-started .*asked by arn:.*\n(.*\n)*.*✓ released /);
    expect(code).toBe(0);
    expect((await remediator('quarantines')).stdout).toBe('No worker is in quarantine.\n');
  });
});
