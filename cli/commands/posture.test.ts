import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kubeBenchJson } from '../../functions/check-posture/kube-bench/kube-bench.fixture.ts';
import { CHECKS } from '../../functions/shared/posture/benchmark.ts';
import { AL2023_FLAGS, al2023 } from '../../sandbox/account/ssm/node-systems.ts';
import { operateOffline } from '../operator.fixture.ts';
import { posture } from './posture.ts';

const directory = mkdtempSync(join(tmpdir(), 'posture-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const run = (...argv: string[]) => operateOffline(posture, argv);

const open = al2023({ flags: [...AL2023_FLAGS, '--read-only-port=10255'] });

describe('posture judge', () => {
  it('prints one JSON object, check by check', async () => {
    const { code, stdout } = await run('judge', file('node.json', open));
    expect(code).toBe(0);
    const verdicts = JSON.parse(stdout);
    expect(Object.keys(verdicts)).toEqual(CHECKS.map(({ id }) => id));
    expect(verdicts).toMatchObject({ '3.1.1': 'PASS', '3.2.4': 'FAIL', 'EHR.1': 'N/A' });
  });

  it('with --why also says what it rests on, by which benchmark, and what to do', async () => {
    const { stdout } = await run('judge', '--why', file('node.json', open));
    expect(JSON.parse(stdout)['3.2.4']).toMatchObject({
      verdict: 'FAIL',
      benchmark: 'CIS Amazon EKS Benchmark 1.8.0',
      evidence: [{ flag: '--read-only-port=10255' }],
      todo: expect.stringContaining('readOnlyPort'),
    });
  });

  it.each([
    [['--why'], 'VERB: missing'],
    [['judge', 'a', '--csv'], '--all and --csv: belong to posture alone'],
    [['guess'], '"guess": posture takes judge NODE.json or import FILE'],
    [['judge'], 'NODE.json: missing'],
    [['judge', 'a', 'b'], '"b": posture judge takes one file'],
    [['judge', '/nowhere/node.json'], '/nowhere/node.json: there is no such file'],
    [['judge', file('broken.json', '{')], 'broken.json: is no JSON'],
    [['judge', file('half.json', { ...open, os: 7 })], 'half.json: os: must be the name of the operating system'],
    [['judge', 'a', '--node', 'b'], '--node: belongs to posture import'],
    [['import'], 'FILE: missing'],
    [['import', file('other.json', { a: 1 })], 'other.json: it is no report of kube-bench'],
  ])('refuses %j', async (argv, message) => {
    const { code, stdout, stderr } = await run(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});

describe('posture import', () => {
  const report = file('kube-bench.json', kubeBenchJson());

  it('shows who says what, who is right, and why', async () => {
    const { code, stdout } = await run('import', report, '--node', file('node.json', open));
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/check +kube-bench +says +here +right +why/);
    expect(stdout).toMatch(/3\.2\.4 +eks-1\.8\.0 3\.2\.4 +PASS +FAIL +remediator/);
    expect(stdout).toMatch(/3\.2\.1 +eks-1\.8\.0 3\.2\.1 +PASS +PASS +both/);
  });

  it('with --json tells each in a line', async () => {
    const { stdout } = await run('import', report, '--json');
    const rows = stdout.split('\n').map((line) => JSON.parse(line));
    expect(rows).toHaveLength(13);
    expect(rows[0]).toMatchObject({ check: '3.1.1', ours: null, right: 'not known' });
  });
});
