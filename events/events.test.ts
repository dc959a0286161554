import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as lifecycleAction from '../functions/drain-nodes/terminate-lifecycle-action.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { EventModule, Remediation } from '../functions/shared/declaration/remediation.ts';
import { compileEventPattern } from '../sandbox/account/event-bridge/event-pattern.ts';
import { RECORDED_EVENTS } from '../test/recorded-events.ts';
import * as agentReconcileRequest from './agent-reconcile-request.ts';
import * as launch from './autoscaling-instance-launch.ts';
import * as refreshEnded from './autoscaling-instance-refresh.ts';
import * as cloudTrail from './cloudtrail-network-change.ts';
import * as drainReconcileRequest from './drain-reconcile-request.ts';
import * as instanceLaunch from './ec2-instance-launch.ts';
import * as running from './ec2-instance-running.ts';
import * as amiRelease from './eks-ami-release.ts';
import * as findingsReconcileRequest from './findings-reconcile-request.ts';
import * as healthPlanned from './health-planned-lifecycle.ts';
import * as coverage from './inspector-coverage.ts';
import * as reachability from './inspector-network-reachability.ts';
import * as packageFinding from './inspector-package-finding.ts';
import * as nodeClassReconcileRequest from './node-class-reconcile-request.ts';
import * as postureReconcileRequest from './posture-reconcile-request.ts';
import * as quarantineReconcileRequest from './quarantine-reconcile-request.ts';
import * as quarantineRequest from './quarantine-request.ts';
import * as refreshReconcileRequest from './refresh-reconcile-request.ts';
import * as remediationIncident from './remediation-incident.ts';
import * as remediationRequest from './remediation-request.ts';
import * as scheduled from './scheduled.ts';
import * as shellsReconcileRequest from './shells-reconcile-request.ts';
import * as calendarOpened from './ssm-calendar-opened.ts';
import * as terminationRequest from './termination-request.ts';
import * as upgradeReconcileRequest from './upgrade-reconcile-request.ts';

const EVENTS = {
  'agent-reconcile-request': agentReconcileRequest,
  'autoscaling-instance-launch': launch,
  'autoscaling-instance-refresh': refreshEnded,
  'cloudtrail-network-change': cloudTrail,
  'drain-reconcile-request': drainReconcileRequest,
  'node-class-reconcile-request': nodeClassReconcileRequest,
  'ec2-instance-launch': instanceLaunch,
  'ec2-instance-running': running,
  'eks-ami-release': amiRelease,
  'findings-reconcile-request': findingsReconcileRequest,
  'health-planned-lifecycle': healthPlanned,
  'inspector-coverage': coverage,
  'inspector-network-reachability': reachability,
  'posture-reconcile-request': postureReconcileRequest,
  'shells-reconcile-request': shellsReconcileRequest,
  'quarantine-reconcile-request': quarantineReconcileRequest,
  'quarantine-request': quarantineRequest,
  'refresh-reconcile-request': refreshReconcileRequest,
  'remediation-request': remediationRequest,
  'remediation-incident': remediationIncident,
  'inspector-package-finding': packageFinding,
  scheduled,
  'ssm-calendar-opened': calendarOpened,
  'termination-request': terminationRequest,
  'upgrade-reconcile-request': upgradeReconcileRequest,
};

it('covers every event file', () => {
  const files = globSync('*.ts', { cwd: import.meta.dirname }).map((file) => file.replace('.ts', ''));
  expect(Object.keys(EVENTS).sort()).toEqual(files.filter((file) => !/envelope|\.test/.test(file)).sort());
});

/** Events that lie in the rooms of the functions that declare them. */
const ROOMS_OWN = REMEDIATIONS.flatMap(({ name, events }: Remediation) =>
  Object.entries(events)
    .filter(([, { event }]) => !Object.values<EventModule>(EVENTS).some(({ pattern }) => pattern === event.pattern))
    .map(([rule, { event }]) => [`${name} ${rule}`, event] as const),
);

describe.each([...Object.entries<EventModule>(EVENTS), ...ROOMS_OWN])('%s', (_name, { pattern, schema, sample }) => {
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

describe('a termination that waits for a lifecycle hook', () => {
  const isHeard = compileEventPattern(lifecycleAction.pattern);
  const matches = (detail: object) =>
    isHeard({ ...lifecycleAction.sample, detail: { ...lifecycleAction.sample.detail, ...detail } });

  it("is heard of for the hook that is made here, and not for EKS's and others'", () => {
    expect(matches({ EC2InstanceId: 'i-0123456789abcdef0', Destination: 'WarmPool' })).toBe(true);
    expect(matches({ LifecycleHookName: 'Terminate-LC-Hook' })).toBe(false);
    expect(matches({ LifecycleHookName: 'eks-host-remediator-drain-2' })).toBe(false);
    expect(isHeard({ ...lifecycleAction.sample, 'detail-type': 'EC2 Instance-launch Lifecycle Action' })).toBe(false);
  });
});

describe('a change calendar', () => {
  const isHeard = compileEventPattern(calendarOpened.pattern);
  const matches = (change: object) => isHeard({ ...calendarOpened.sample, ...change });

  it('is heard of when it opens, and not when it closes', () => {
    expect(matches({ detail: { state: 'OPEN', atTime: '2026-07-14T18:00:00Z' } })).toBe(true);
    expect(matches({ detail: { state: 'CLOSED' } })).toBe(false);
    expect(matches({ detail: { state: 'open' } })).toBe(false);
    expect(matches({ 'detail-type': 'Parameter Store Change' })).toBe(false);
  });
});

describe('a plan of AWS Health', () => {
  const isHeard = compileEventPattern(healthPlanned.pattern);
  const matches = (detail: object) =>
    isHeard({ ...healthPlanned.sample, detail: { ...healthPlanned.sample.detail, ...detail } });

  it('is heard of for EKS, and not for other services, issues and notices', () => {
    expect(matches({ eventTypeCode: 'AWS_EKS_OPERATIONAL_NOTIFICATION' })).toBe(true);
    expect(matches({ service: 'EC2' })).toBe(false);
    expect(matches({ eventTypeCategory: 'issue' })).toBe(false);
    expect(matches({ eventTypeCategory: 'accountNotification' })).toBe(false);
  });

  it('is taken with a text of its own in no field that is written down', () => {
    const detail = (change: object) => ({ ...healthPlanned.sample.detail, ...change });
    const take = (change: object) =>
      healthPlanned.schema.safeParse({ ...healthPlanned.sample, detail: detail(change) });
    expect(take({ eventTypeCode: 'AWS_EKS; rm -rf /' }).success).toBe(false);
    expect(take({ eventArn: 'arn:aws:health:a b' }).success).toBe(false);
    expect(take({ statusCode: undefined, startTime: undefined }).success).toBe(true);
  });
});

describe('an instance refresh', () => {
  const isHeard = compileEventPattern(refreshEnded.pattern);
  const named = (end: string) => ({
    ...refreshEnded.sample,
    'detail-type': `EC2 Auto Scaling Instance Refresh ${end}`,
  });

  it.each(['Succeeded', 'Failed', 'Cancelled', 'Rollback Succeeded', 'Rollback Failed'])(
    'is heard of when it ends: %s',
    (end) => {
      expect(isHeard(named(end))).toBe(true);
      expect(refreshEnded.schema.safeParse(named(end)).success).toBe(true);
    },
  );

  it.each(['Started', 'Checkpoint Reached', 'Started Baking', 'Rollback Started'])(
    'is not heard of on its way: %s',
    (end) => expect(isHeard(named(end))).toBe(false),
  );
});

describe('a call that may open a way in', () => {
  const isHeard = compileEventPattern(cloudTrail.pattern);
  const matches = (eventName: string, rest: object = {}) =>
    isHeard({ ...cloudTrail.sample, detail: { ...cloudTrail.sample.detail, eventName, ...rest } });

  it.each([
    'AssignIpv6Addresses',
    'AssociateRouteTable',
    'AttachInternetGateway',
    'CreateNetworkAclEntry',
    'CreateRoute',
    'ModifyManagedPrefixList',
    'ModifySecurityGroupRules',
    'ReplaceRoute',
  ])('is heard of: %s', (eventName) => expect(matches(eventName)).toBe(true));

  it.each([
    'AuthorizeSecurityGroupEgress',
    'CreateLaunchTemplateVersion',
    'CreateRouteTable',
    'DeleteRoute',
    'DescribeRouteTables',
    'GetManagedPrefixListEntries',
    'RevokeSecurityGroupIngress',
    'UnassignIpv6Addresses',
    'createroute',
  ])('is none that opens nothing: %s', (eventName) => expect(matches(eventName)).toBe(false));

  it('is none that AWS refused', () =>
    expect(matches('CreateRoute', { errorCode: 'Client.UnauthorizedOperation' })).toBe(false));
});

describe('what an event asks EC2 for', () => {
  const call = (requestParameters: object) => ({
    ...cloudTrail.sample,
    detail: { ...cloudTrail.sample.detail, requestParameters },
  });
  const hostile = ['*', 'x'.repeat(5000), 'i-*', 'i-\u0000', '$(reboot)', `i-${'0'.repeat(400)}`];

  it.each(['instanceId', 'networkInterfaceId', 'groupId', 'vpcId', 'routeTableId', 'networkAclId', 'prefixListId'])(
    'is an id of EC2 and nothing else: %s',
    (member) => {
      const refused = hostile.map(
        (text) => cloudTrail.schema.safeParse(call({ [member]: text })).error?.issues[0]?.path,
      );
      expect(refused).toEqual(hostile.map(() => ['detail', 'requestParameters', member]));
    },
  );

  it('is a cluster by its name, without wildcards', () => {
    const names = ['*', 'shop?', 'shop/web', 'x'.repeat(101), ''];
    expect(
      names.map(
        (clusterName) => quarantineReconcileRequest.detail().safeParse({ trigger: 'sweep', clusterName }).success,
      ),
    ).toEqual(names.map(() => false));
    expect(quarantineReconcileRequest.detail().safeParse({ trigger: 'sweep', clusterName: 'Shop_1-a' }).success).toBe(
      true,
    );
  });
});

describe('a remediation request', () => {
  const requestDetail = remediationRequest.detailFor(REMEDIATIONS);
  const { detail: resume } = remediationRequest.sample;
  const { clusterName, nodegroupName, ...rest } = resume;
  const group = { clusterName, nodegroupName };
  const worker = { instanceId: 'i-0f3a5c7e9b1d2f4a6' };

  it.each([
    ['upgrade-node-groups', 'approve', group],
    ['upgrade-node-groups', 'reject', group],
    ['upgrade-node-groups', 'resume', group],
    ['upgrade-node-groups', 'retry', group],
    ['manage-ssm-agent', 'approve', worker],
    ['manage-ssm-agent', 'reject', worker],
    ['manage-ssm-agent', 'retry', worker],
    ['quarantine-workers', 'approve', worker],
    ['quarantine-workers', 'reject', worker],
  ] as const)('can ask %s to %s', (remediation, action, subject) => {
    expect(requestDetail.parse({ ...rest, ...subject, remediation, action })).toMatchObject(subject);
    const event = { ...remediationRequest.sample, detail: { ...rest, ...subject, remediation, action } };
    const taking = REMEDIATIONS.map(({ name }) => name).filter((name) =>
      compileEventPattern(remediationRequest.patternFor(name))(event),
    );
    expect(taking).toEqual([remediation]);
  });

  it.each([
    [
      'an action that the remediation does not know',
      { remediation: 'manage-ssm-agent', action: 'resume', ...worker },
      'action',
    ],
    ['a worker where a node group is meant', { remediation: 'upgrade-node-groups', ...group, ...worker }, 'instanceId'],
    ['half a node group', { remediation: 'upgrade-node-groups', clusterName }, 'nodegroupName'],
    ['a node group where a worker is meant', { remediation: 'manage-ssm-agent', ...group, ...worker }, 'clusterName'],
    ['no worker', { remediation: 'quarantine-workers', action: 'approve' }, 'instanceId'],
    ['something that is no instance id', { remediation: 'manage-ssm-agent', instanceId: 'web-1' }, 'instanceId'],
    ['no reason', { ...group, why: '' }, 'why'],
    ['a reason that paints a terminal', { ...group, why: 'all \u001b[31mred\u001b[0m' }, 'why'],
    ['a second line', { ...group, requestedBy: 'Ada\n\nEvil: done' }, 'requestedBy'],
    ['text that turns round', { ...group, why: 'mend \u202e it' }, 'why'],
    ['a name that the ledger could not keep', { ...group, nodegroupName: 'x'.repeat(1100) }, 'nodegroupName'],
    ['nobody who asks', { ...group, requestedBy: '' }, 'requestedBy'],
  ])('is refused with %s, which is named', (_what, change, path) => {
    const given = { ...rest, action: 'retry', ...change };
    expect(requestDetail.safeParse(given).error?.issues[0]?.path).toEqual([path]);
  });
});

describe.runIf(RECORDED_EVENTS.size > 0)('events recorded elsewhere', () => {
  const OURS: Readonly<Record<string, string>> = {
    'asg-doc-ec2-auto-scaling-instance-refresh-failed.json': 'autoscaling-instance-refresh',
    'asg-doc-ec2-auto-scaling-instance-refresh-succeeded.json': 'autoscaling-instance-refresh',
    'asg-refresh-rollback-succeeded.json': 'autoscaling-instance-refresh',
    'autoscaling-event-launch-successful.json': 'autoscaling-instance-launch',
    'doc-ec2-instance-state-change-notification-pending.json': 'ec2-instance-launch',
    'inspector2-coverage-ec2-unmanaged.json': 'inspector-coverage',
    'inspector2-finding-ec2-network-reachability.json': 'inspector-network-reachability',
    'ssm-calendar-state-change-open.json': 'ssm-calendar-opened',
  };

  it.each([...RECORDED_EVENTS])('%s is matched by its own pattern at most, and parses then', (file, payload) => {
    const matching = Object.entries(EVENTS).filter(([, { pattern }]) => compileEventPattern(pattern)(payload));
    expect(matching.map(([name]) => name)).toEqual([OURS[file]].filter((name) => name !== undefined));
    // Some pages of AWS write the time as a placeholder.
    const dated = { ...payload, ...(/^yyyy/.test(payload.time ?? '') && { time: '2026-07-14T20:10:05Z' }) };
    for (const [, { schema }] of matching) expect(schema.safeParse(dated).error?.issues ?? []).toEqual([]);
  });
});
