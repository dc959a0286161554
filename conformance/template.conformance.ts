import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { EXCEPTIONS } from './checkov-exceptions.ts';
import { count } from './counts.ts';
import { isThere, titled, toolPath } from './tools.ts';

interface Finding {
  readonly check_id: string;
  readonly check_name: string;
  /** Type and logical id: `AWS::SQS::Queue.Queue1`. */
  readonly resource: string;
}

interface Report {
  readonly results: { readonly failed_checks: readonly Finding[] };
  readonly summary: Readonly<Record<'passed' | 'failed' | 'skipped' | 'parsing_errors', number>>;
}

/** The findings of checkov in a template. It runs offline: no account of its vendor's, no download. */
function checkov(template: string): Report {
  const folder = mkdtempSync(join(tmpdir(), 'checkov-'));
  try {
    const file = join(folder, 'template.json');
    writeFileSync(file, template);
    const argv = ['--file', file, '--framework', 'cloudformation', '--output', 'json', '--quiet', '--compact'];
    const { stdout, stderr } = spawnSync(toolPath('checkov', 'bin', 'checkov'), [...argv, '--skip-download'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    });
    if (!stdout.startsWith('{')) throw new Error(`checkov says ${stdout}${stderr}`);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const isExcepted = ({ check_id, resource }: Finding): boolean =>
  EXCEPTIONS.some(({ check, resources }) => check === check_id && resources.test(resource));

describe.skipIf(!isThere('checkov'))(titled('the template, as checkov judges it,', 'checkov'), () => {
  let template: string;
  let report: Report;

  beforeAll(() => {
    template = readFileSync(inject('template'), 'utf8');
    report = checkov(template);
  });

  it('has no fault without a reason, and no reason without a fault', () => {
    const { failed_checks: found } = report.results;
    const unexplained = found.filter((finding) => !isExcepted(finding));
    expect(unexplained.map(({ check_id, check_name, resource }) => `${check_id} ${check_name}: ${resource}`)).toEqual(
      [],
    );
    const unused = EXCEPTIONS.filter(
      ({ check, resources }) => !found.some(({ check_id, resource }) => check === check_id && resources.test(resource)),
    );
    expect(unused.map(({ check, resources }) => `${check} ${resources}`)).toEqual([]);
    const { passed, failed, skipped, parsing_errors } = report.summary;
    expect({ skipped, parsing_errors }).toEqual({ skipped: 0, parsing_errors: 0 });
    expect(passed).toBeGreaterThan(100);
    count(`template: ${passed} checks of checkov passed, ${failed} excepted for ${EXCEPTIONS.length} reasons`);
  });

  it('would be found with a table that cannot be restored', () => {
    const spoilt = template.replace(/"PointInTimeRecoveryEnabled": true/, '"PointInTimeRecoveryEnabled": false');
    expect(spoilt).not.toBe(template);
    const ids = checkov(spoilt).results.failed_checks.filter((finding) => !isExcepted(finding));
    expect(ids.map(({ check_id }) => check_id)).toEqual(['CKV_AWS_28']);
  });
});
