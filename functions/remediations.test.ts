import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { functionNames, inputsOf } from '../infra/bundle.ts';
import { REASONS, REMEDIATIONS } from './remediations.ts';
import type { Remediation } from './shared/declaration/remediation.ts';
import { IN_QUARANTINE, QUARANTINE_GUARDS, STAYS_EXPOSED } from './shared/records/status.ts';

const all: readonly Remediation[] = REMEDIATIONS;

it('lists every function that has a handler, by the name of its folder', () => {
  expect(all.map(({ name }) => name).sort()).toEqual(functionNames());
});

it('has each section, metric and alarm once', () => {
  for (const names of [
    all.flatMap(({ policy }) => policy?.section ?? []),
    all.flatMap(({ metrics }) => Object.keys(metrics)),
    all.flatMap(({ alarms }) => Object.keys(alarms)),
  ]) {
    expect(names).toEqual([...new Set(names)]);
  }
});

it('says the same of a reason wherever it is given', () => {
  for (const { reasons } of all)
    for (const [code, entry] of Object.entries(reasons)) expect([code, entry]).toEqual([code, REASONS[code]]);
});

it('knows the reasons by which the status of a worker is told', () => {
  for (const code of [...IN_QUARANTINE, ...STAYS_EXPOSED, ...QUARANTINE_GUARDS]) expect(REASONS).toHaveProperty(code);
});

it('needs, for the smallest of them, two files outside its folder and the sandbox; what is generated and the changelog apart', () => {
  const root = join(import.meta.dirname, '..');
  const written = globSync(
    '{*.md,cli,conformance,events,functions,infra,kubernetes,package,test}{,/**/*.{ts,py,txt,sh}}',
    { cwd: root },
  );
  const mentioning = written.filter((file) => {
    // CONTRIBUTING.md names it as the example to read.
    if (
      /^(CHANGELOG|README|CONTRIBUTING)\.md$|^functions\/require-imdsv2\/|^functions\/remediations\.test\.ts$/.test(
        file,
      )
    )
      return false;
    // By its name, or that of its alarm.
    return /\.\w+$/.test(file) && /require-?imdsv2|imds-failed/i.test(readFileSync(join(root, file), 'utf8'));
  });
  // An omission is reported by the test above, by the test of the rooms in `test/docs.test.ts`, or by the test that
  // sees alarms fire.
  expect(mentioning.sort()).toEqual(['ARCHITECTURE.md', 'functions/remediations.ts']);
});

describe('a bundle', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-test-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const inputs = await inputsOf(functionNames(), directory);

  it.each(functionNames())(
    'of %s has no declaration but its own, nothing of CDK, infrastructure or sandbox',
    (name) => {
      const files = inputs(name);
      expect(files).toContain(`functions/${name}/handler.ts`);
      const foreign = files.filter(
        (file) =>
          /^functions\/[\w-]+\/(?!handler)/.test(file) &&
          !file.startsWith(`functions/${name}/`) &&
          !/^functions\/shared\//.test(file),
      );
      expect(foreign).toEqual([]);
      expect(files.filter((file) => /^(infra|sandbox|cli|test|docs)\/|aws-cdk|\/constructs\//.test(file))).toEqual([]);
      expect(files).not.toContain('functions/remediations.ts');
    },
  );
});
