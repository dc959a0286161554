import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const outdir = mkdtempSync(join(tmpdir(), 'eks-host-remediator-test-'));
afterAll(() => rmSync(outdir, { recursive: true }));

describe('the app that cdk runs', () => {
  it('says what is wrong with the settings, and no more', async () => {
    const app = promisify(execFile)(process.execPath, [join(import.meta.dirname, 'app.ts')], {
      env: { ...process.env, CDK_CONTEXT_JSON: JSON.stringify({ mode: 'obsevre' }), CDK_OUTDIR: outdir },
      // Deployments from this directory have a settings file.
      cwd: outdir,
    });
    await expect(app).rejects.toMatchObject({
      code: 1,
      stderr: 'Bad settings in the CDK context:\n  -c mode=obsevre: must be one of enforce, observe, off\n',
    });
  });
});
