import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileEventPattern } from '../sandbox/account/event-pattern.ts';
import * as agentHint from './agent-hint.ts';
import * as launch from './autoscaling-instance-launch.ts';
import * as cloudTrail from './cloudtrail-network-change.ts';
import * as instanceLaunch from './ec2-instance-launch.ts';
import * as running from './ec2-instance-running.ts';
import * as amiRelease from './eks-ami-release.ts';
import * as findingsHint from './findings-hint.ts';
import * as coverage from './inspector-coverage.ts';
import * as reachability from './inspector-network-reachability.ts';
import * as packageFinding from './inspector-package-finding.ts';
import * as quarantineHint from './quarantine-hint.ts';
import * as quarantineRequest from './quarantine-request.ts';
import * as remediationStory from './remediation-story.ts';
import * as scheduled from './scheduled.ts';
import * as upgradeHint from './upgrade-hint.ts';

const EVENTS = {
  'agent-hint': agentHint,
  'autoscaling-instance-launch': launch,
  'cloudtrail-network-change': cloudTrail,
  'ec2-instance-launch': instanceLaunch,
  'ec2-instance-running': running,
  'eks-ami-release': amiRelease,
  'findings-hint': findingsHint,
  'inspector-coverage': coverage,
  'inspector-network-reachability': reachability,
  'quarantine-hint': quarantineHint,
  'quarantine-request': quarantineRequest,
  'remediation-story': remediationStory,
  'inspector-package-finding': packageFinding,
  scheduled,
  'upgrade-hint': upgradeHint,
};

it('covers every event file', () => {
  const files = globSync('*.ts', { cwd: import.meta.dirname }).map((file) => file.replace('.ts', ''));
  expect(Object.keys(EVENTS).sort()).toEqual(files.filter((file) => !/envelope|\.test/.test(file)).sort());
});

describe.each(Object.entries(EVENTS))('%s', (_name, { pattern, schema, sample }) => {
  const matches = compileEventPattern(pattern);

  it('has a sample that its schema and its pattern take', () => {
    expect(schema.parse(sample)).toEqual(sample);
    expect(matches(sample)).toBe(true);
  });

  it('takes a sample with members that AWS may add', () => {
    const richer = { ...sample, 'trace-header': 'Root=1', detail: { ...sample.detail, added: 1 } };
    expect(schema.safeParse(richer).success).toBe(true);
    expect(matches(richer)).toBe(true);
  });

  it.each([
    ['another source', { source: 'aws.eks' }],
    ['a source that only begins like it', { source: `${sample.source}.test` }],
    ['another detail type', { 'detail-type': `${sample['detail-type']}s` }],
    ['a detail type in another case', { 'detail-type': sample['detail-type'].toUpperCase() }],
  ])('is not matched by %s', (_what, change) => {
    expect(matches({ ...sample, ...change })).toBe(false);
    expect(schema.safeParse({ ...sample, ...change }).success).toBe(false);
  });

  it.each(['id', 'account', 'region', 'time', 'detail'])('is refused without %s, which is named', (member) => {
    const { [member as 'id']: _, ...rest } = sample;
    expect(schema.safeParse(rest).error?.issues[0]?.path).toEqual([member]);
  });
});

const recorded = join(import.meta.dirname, '..', '..', 'shared', 'events');

describe.runIf(existsSync(recorded))('events recorded elsewhere', () => {
  const payloads = globSync('*.json', { cwd: recorded }).map((file): [string, unknown] => [
    file,
    JSON.parse(readFileSync(join(recorded, file), 'utf8')),
  ]);

  const OURS: Readonly<Record<string, string>> = {
    'autoscaling-event-launch-successful.json': 'autoscaling-instance-launch',
    'doc-ec2-instance-state-change-notification-pending.json': 'ec2-instance-launch',
    'inspector2-coverage-ec2-unmanaged.json': 'inspector-coverage',
    'inspector2-finding-ec2-network-reachability.json': 'inspector-network-reachability',
  };

  it.each(payloads)('%s is matched by its own pattern at most, and parses then', (file, payload) => {
    const matching = Object.entries(EVENTS).filter(([, { pattern }]) => compileEventPattern(pattern)(payload));
    expect(matching.map(([name]) => name)).toEqual([OURS[file]].filter((name) => name !== undefined));
    for (const [, { schema }] of matching) expect(schema.safeParse(payload).error?.issues ?? []).toEqual([]);
  });
});
