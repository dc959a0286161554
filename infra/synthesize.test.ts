import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { functionNames } from './bundle.ts';
import { deployedFunctions } from './deployed-functions.ts';
import { SettingsError } from './settings.ts';
import { synthesize } from './synthesize.ts';

const outdir = mkdtempSync(join(tmpdir(), 'eks-host-remediator-test-'));
afterAll(() => rmSync(outdir, { recursive: true }));

describe('synthesize', async () => {
  const template = await synthesize({ outdir, context: { mode: 'observe' } });
  const functions = deployedFunctions(template);

  it('hands the settings to the functions', () => {
    const modes = functions.map(({ environment }) => environment.DEFAULT_MODE).filter((mode) => mode !== undefined);
    expect(new Set(modes)).toEqual(new Set(['observe']));
  });

  it('bundles every function', () => {
    expect(functions.map(({ name }) => name)).toEqual(functionNames());
  });

  it.each(functions)('bundles $name into one CommonJS file of less than 1 MB', ({ bundle }) => {
    const code = readFileSync(bundle, 'utf8');
    expect(code).toMatch(/module\.exports\s*=/);
    expect(code).not.toMatch(/\bimport\(/);
    expect(Buffer.byteLength(code)).toBeLessThan(1_000_000);
  });

  it.each(functions)('leaves what the AWS SDK has beyond the needs of $name out of its bundle', ({ bundle }) => {
    const code = readFileSync(bundle, 'utf8');
    // Each of these operations belongs to a client that the functions use, but no function calls it.
    for (const unused of [
      'WithdrawByoipCidr',
      'RegisterCluster',
      'SendAutomationSignal',
      'CreateLaunchConfiguration',
    ]) {
      expect(code).not.toContain(unused);
    }
  });

  it('refuses bad settings', async () => {
    await expect(synthesize({ outdir, context: { mode: 'obsevre' } })).rejects.toThrow(SettingsError);
  });
});
