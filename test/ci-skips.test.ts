import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { isHere } from './is-here.ts';

afterEach(() => vi.unstubAllEnvs());

describe('a tool that a test needs', () => {
  it.each([
    ['true', /no sword here.*whet one/],
    ['1', /no sword here/],
  ])('fails the test where it is missing in CI=%s', (ci, message) => {
    vi.stubEnv('CI', ci);
    expect(() => isHere('sword', false, 'whet one')).toThrow(message);
    expect(isHere('sword', true, 'whet one')).toBe(true);
  });

  it.each(['', 'false', undefined])('is only missed where CI=%s', (ci) => {
    vi.stubEnv('CI', ci);
    expect(isHere('sword', false, 'whet one')).toBe(false);
  });
});

describe.each(['cfn-lint', 'manifests', 'shellcheck'])('.ci/%s where there is no python3', (script) => {
  let path: string;

  beforeAll(() => {
    path = mkdtempSync(join(tmpdir(), 'path-'));
    for (const command of ['bash', 'dirname']) symlinkSync(commandPath(command), join(path, command));
  });

  afterAll(() => rmSync(path, { recursive: true }));

  it.each([
    ['true', 1],
    ['', 0],
  ])('says so, and with CI=%s ends with %i', (ci, code) => {
    const file = join(import.meta.dirname, '..', '.ci', script);
    const { status, stderr } = spawnSync(file, ['something'], { env: { PATH: path, CI: ci }, encoding: 'utf8' });
    expect(stderr).toContain(`${script}: skipped (no python3 here)`);
    expect(status).toBe(code);
  });
});

const commandPath = (command: string): string =>
  spawnSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' }).stdout.trim();
