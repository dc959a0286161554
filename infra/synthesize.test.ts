import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
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
    // An operation of each client that nothing here will ever call.
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

describe('the app that cdk runs', () => {
  it('says what is wrong with the settings, and no more', async () => {
    const app = promisify(execFile)(process.execPath, [join(import.meta.dirname, 'app.ts')], {
      env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ mode: 'obsevre' }), CDK_OUTDIR: outdir },
      // Whoever deploys from here has a settings file in the project's own folder.
      cwd: outdir,
    });
    await expect(app).rejects.toMatchObject({
      code: 1,
      stderr: 'Bad settings in the CDK context:\n  -c mode=obsevre: must be one of enforce, observe, off\n',
    });
  });
});
