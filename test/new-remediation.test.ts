import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { bundleHandlers, functionNames } from '../infra/bundle.ts';
import { cdkJsonContext } from '../infra/synthesize.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import { HOUR } from './harness.ts';
import { privateFleet } from './quarantine.fixture.ts';

/**
 * The one line: the folder `test/fixture-remediation/` in the list. Other test files share this process, so modules
 * that depend on the list are loaded anew here, and again afterwards.
 */
const LIST = '../functions/remediations.ts';
vi.resetModules();
vi.doMock(LIST, async (original) => {
  const list = await original<typeof import('../functions/remediations.ts')>();
  const { greetWorkers } = await import('./fixture-remediation/remediation.ts');
  return { ...list, REMEDIATIONS: [...list.REMEDIATIONS, greetWorkers] };
});
const { REGIONS, withRegion } = await import('../docs/regions.ts');
const { parsePolicy, policySchema } = await import('../functions/policy-document.ts');
const { RemediatorApp } = await import('../infra/remediator-app.ts');
const { startRun } = await import('../sandbox/play.ts');
const { deniedCalls } = await import('./iam.ts');
afterAll(() => {
  vi.doUnmock(LIST);
  vi.resetModules();
});

const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The stack with the fixture. The fixture and the sweep are bundled as for Lambda; all other functions do nothing. */
async function synthesized() {
  const bundles = join(directory, 'bundles');
  for (const name of functionNames()) {
    mkdirSync(join(bundles, name), { recursive: true });
    writeFileSync(join(bundles, name, 'index.js'), 'exports.handler = async () => {};');
  }
  const root = join(import.meta.dirname, '..');
  await bundleHandlers(
    [
      { name: 'sweep-fleet', path: join(root, 'functions', 'sweep-fleet', 'handler.ts') },
      { name: 'greet-workers', path: join(root, 'test', 'fixture-remediation', 'handler.ts') },
    ],
    bundles,
  );
  const context = { ...cdkJsonContext(), mode: 'enforce' };
  const app = new RemediatorApp(bundles, { outdir: join(directory, 'cdk.out'), context, analyticsReporting: false });
  return readSynthesizedStack(app.synth().getStackArtifact(app.stack.artifactId).templateFullPath);
}

const stack = await synthesized();
const resources = stack.template.Resources;

describe('a folder and a line', () => {
  it('are deployed, swept and played, with just the rights that are declared', async () => {
    const run = await startRun({
      fleet: parseFleet(JSON.stringify(privateFleet()), 'fixture'),
      synthesized: stack,
      policy: JSON.stringify({ greeting: { word: 'Servus' } }),
    });
    await run.account.play(1.5 * HOUR);
    expect(run.errors).toEqual([]);
    const greeted = run.records.filter(({ remediation }) => remediation === 'greet-workers');
    expect(new Set(greeted.map(({ message }) => message))).toEqual(
      new Set(run.account.fleet.instances.list().map(({ id }) => `Servus, ${id}!`)),
    );
    expect(greeted.every(({ trigger }) => trigger.type === 'Greeting Reconcile Request (sweep)')).toBe(true);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('are a row of the table of functions, of that of the policy, and a section of the runbook', () => {
    const written = Object.entries(REGIONS).map(([name, { file }]) =>
      withRegion(readFileSync(join(import.meta.dirname, '..', file), 'utf8'), name),
    );
    expect(written.join('\n')).toContain('| `greet-workers` | sweeps | greets each EKS worker |');
    expect(written.join('\n')).toContain('| `greeting.word` | `Hello` | What each worker is greeted with. |');
    expect(written.join('\n')).toContain('## nobody-greeted\nNobody is greeted any more.');
  });

  it('are a section of the policy document, with faults that name its fields', () => {
    const schema = JSON.stringify(z.toJSONSchema(policySchema('enforce'), { io: 'input' }));
    expect(schema).toContain('What each worker is greeted with.');
    expect(parsePolicy('{"greeting":{"word":7}}', 'enforce')).toMatchObject({
      error: expect.stringContaining('greeting.word'),
    });
  });

  it('have a queue, a role, alarms, a row of the dashboard and a rule for requests of operators', () => {
    const of = (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type);
    const named = (type: string, part: string) => of(type).filter(([id]) => id.includes(part)).length;
    expect(named('AWS::SQS::Queue', 'GreetWorkersQueue')).toBe(1);
    expect(named('AWS::IAM::Role', 'GreetWorkers')).toBe(1);
    expect(named('AWS::Events::Rule', 'GreetWorkers')).toBe(2);
    const described = of('AWS::CloudWatch::Alarm').map(([, { Properties }]) => JSON.stringify(Properties));
    expect(described.filter((text) => text.includes('Nobody is greeted any more.'))).toHaveLength(1);
    expect(JSON.stringify(of('AWS::CloudWatch::Dashboard'))).toContain('Workers that were greeted');
  });
});
