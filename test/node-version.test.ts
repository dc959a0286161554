import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const root = join(import.meta.dirname, '..');
const { complaintOf } = z
  .object({ complaintOf: z.function({ input: [z.string(), z.string()], output: z.string().optional() }) })
  .parse(createRequire(import.meta.url)(join(root, 'node-version.cjs')));
const { scripts, engines } = z
  .object({ scripts: z.record(z.string(), z.string()), engines: z.object({ node: z.string() }) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

describe('the check of the Node.js version', () => {
  it('lets the version pass that the functions are deployed for, and newer ones', () => {
    expect(complaintOf('v24.0.0', 'darwin')).toBeUndefined();
    expect(complaintOf('v26.1.0', 'win32')).toBeUndefined();
  });

  it('names the version and the fix that is true on the platform', () => {
    expect(complaintOf('v20.20.2', 'linux')).toMatch(/Node\.js 24 or newer, and this is v20\.20\.2\. Run npm ci/);
    expect(complaintOf('v22.9.0', 'darwin')).toMatch(/this is v22\.9\.0\. Install Node\.js 24/);
  });

  it('comes first in every script that runs Node.js', () => {
    const first = Object.entries(scripts).filter(([, command]) => !command.startsWith('node node-version.cjs && '));
    // The first of these installs Node.js, the other one needs none.
    expect(first.map(([name]) => name).sort()).toEqual(['format', 'prestart']);
  });

  it('comes before the app that every CDK command runs', () => {
    expect(readFileSync(join(root, 'cdk.json'), 'utf8')).toContain('"app": "node node-version.cjs && node ');
  });

  it('asks for what engines says', () => {
    expect(engines.node).toBe('>=24');
  });

  it('needs nothing that an old Node.js lacks', () => {
    for (const file of ['node-version.cjs', 'install-missing.cjs']) {
      expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/\?\.|\?\?|^import |await /m);
    }
  });
});
