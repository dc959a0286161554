import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readPage } from './markdown.ts';

const ROOT = join(import.meta.dirname, '..');
const app = mkdtempSync(join(tmpdir(), 'eks-host-remediator-app-'));
const manifest = () => readFileSync(join(ROOT, 'package.json'), 'utf8');
const run = (command: string, args: readonly string[], cwd = app): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8' });

/** The number of resources of each type in a template. */
function countsOf(file: string): Record<string, number> {
  const { Resources } = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, { Type: string }> };
  const types = Object.values(Resources).map(({ Type }) => Type);
  return Object.fromEntries(
    [...new Set(types)].sort().map((type) => [type, types.filter((each) => each === type).length]),
  );
}

describe('the package, installed in an empty CDK app', () => {
  const before = manifest();

  beforeAll(() => {
    // Into the directory where npm was called.
    const env = { ...process.env, INIT_CWD: app };
    const args = ['package/build.ts'];
    const [packed = ''] = execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', env })
      .trim()
      .split('\n')
      .slice(-1);
    writeFileSync(join(app, 'package.json'), '{"private": true, "type": "module"}');
    const { devDependencies } = JSON.parse(before) as { devDependencies: Record<string, string> };
    const beside = ['aws-cdk-lib', 'constructs'].map((name) => `${name}@${devDependencies[name]}`);
    run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...beside, `./${packed}`]);
    const example = readPage('docs/library.md').blocks.find(({ language }) => language === 'ts')?.text ?? '';
    // The app reads each attribute that docs/library.md names, beside the example. Each is a string.
    const attributes = [...readPage('docs/library.md').text.matchAll(/\| `(\w+)` \|/g)].map(([, name]) => name);
    const named = example.replace('\nnew EksHostRemediator', '\nconst made = new EksHostRemediator');
    const strings = attributes.map((name) => `made.${name}`).join(', ');
    writeFileSync(join(app, 'app.ts'), `${named}\nexport const all: string[] = [${strings}];\napp.synth();\n`);
  }, 300_000);
  afterAll(() => rmSync(app, { recursive: true }));

  it('leaves the clone as it was, and is packed in no other way', () => {
    expect(manifest()).toBe(before);
    expect(() => execFileSync('npm', ['pack', '--dry-run'], { cwd: ROOT, stdio: 'pipe' })).toThrow(
      /Pack it with: npm run -s package/,
    );
  });

  it('brings nothing along but itself', () => {
    expect(run('npm', ['ls', '--omit=peer', '--parseable', '--all', '--prefix', app]).split('\n')).not.toContainEqual(
      expect.stringMatching(/@aws-sdk|node-linux/),
    );
  });

  it('type-checks strictly by its own declarations', () => {
    const strict = [
      '--strict',
      '--skipLibCheck',
      '--noEmit',
      '--module',
      'nodenext',
      '--types',
      '',
      '--exactOptionalPropertyTypes',
    ];
    run(join(ROOT, 'node_modules', '.bin', 'tsc'), [...strict, 'app.ts']);
  });

  it('synthesizes the same resources as the stack of this repository', () => {
    execFileSync(process.execPath, ['app.ts'], { cwd: app, env: { ...process.env, CDK_OUTDIR: join(app, 'cdk.out') } });
    expect(countsOf(join(app, 'cdk.out', 'platform-hosts.template.json'))).toEqual(countsOf(inject('template')));
  });

  it('has the command', () => {
    expect(run(join(app, 'node_modules', '.bin', 'eks-host-remediator'), ['--help'])).toContain('COMMAND');
  });
});
