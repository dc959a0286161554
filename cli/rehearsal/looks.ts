import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import {
  DescribeInstancesCommand,
  DescribeLaunchTemplateVersionsCommand,
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
  paginateDescribeSecurityGroups,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { ListUpdatesCommand } from '@aws-sdk/client-eks';
import { BatchGetAccountStatusCommand } from '@aws-sdk/client-inspector2';
import { ListSchedulesCommand } from '@aws-sdk/client-scheduler';
import { GetFindingsCommand } from '@aws-sdk/client-securityhub';
import { GetDocumentCommand, GetParametersCommand, GetServiceSettingCommand } from '@aws-sdk/client-ssm';
import { isIssueKnown } from '../../functions/upgrade-node-groups/model/health.ts';
import { answered, dryRun, type Finding, failedTo, type Ground, open, outcomeOf, trouble } from './ground.ts';

/** The names of the matching node groups, or a text that says that there are none. */
export const groupsThat = (
  { groups }: Ground,
  what: string,
  test: (group: Ground['groups'][number]) => boolean,
  then: string,
): Finding[] => {
  const names = groups.filter(test).map(({ nodegroupName = '' }) => nodegroupName);
  return names.length === 0 ? [open(`no node group here ${what}`)] : [open(`${names.join(', ')} ${what}: ${then}`)];
};

const dryRunOf = async (what: string, call: () => Promise<unknown>): Promise<Finding[]> => [await dryRun(what, call)];

/**
 * The contents of node groups' launch templates, which decide the rights that EKS requires for an update of the group.
 * Source: EKS user guide, "Customize managed nodes with launch templates".
 */
export async function templated({ clients, groups }: Ground): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { nodegroupName, launchTemplate: { id: LaunchTemplateId, version } = {} } of groups) {
    if (LaunchTemplateId === undefined || version === undefined) continue;
    const asked = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [version] });
    const outcome = await outcomeOf(() => clients.ec2.send(asked));
    if (!('answer' in outcome)) {
      findings.push(failedTo(`launch template ${LaunchTemplateId} of ${nodegroupName}`, outcome));
      continue;
    }
    const data = outcome.answer.LaunchTemplateVersions?.[0]?.LaunchTemplateData ?? {};
    const named = Object.entries(data).flatMap(([key, value]) =>
      value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [key],
    );
    const says = named.length === 0 ? 'nothing' : named.join(', ');
    findings.push(
      open(
        `${nodegroupName}: ${LaunchTemplateId} version ${version} says ${says}; all else EKS adds at its first upgrade, which tells: a refusal is recorded as upgrade-unauthorized`,
      ),
    );
  }
  return findings.length === 0 ? [open('no node group here has a launch template')] : findings;
}

/** Members of Auto Scaling groups that are currently in standby. */
export async function standby({ clients, groups }: Ground): Promise<Finding[]> {
  const names = groups.flatMap(({ resources }) =>
    (resources?.autoScalingGroups ?? []).flatMap(({ name }) => name ?? []),
  );
  if (names.length === 0) return [open('there is no managed node group')];
  const asked = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: names.slice(0, 50) });
  const outcome = await outcomeOf(() => clients.autoScaling.send(asked));
  if (!('answer' in outcome)) return [failedTo('DescribeAutoScalingGroups', outcome)];
  const members = (outcome.answer.AutoScalingGroups ?? []).flatMap(({ Instances = [] }) => Instances);
  const held = members.filter(({ LifecycleState }) => LifecycleState === 'Standby').map(({ InstanceId }) => InstanceId);
  return [
    held.length === 0
      ? open('no worker is in standby now')
      : open(`${held.join(', ')} in standby: the next update of its group tells`),
  ];
}

/** The services that answer here, of those that a region may lack. A refusal is an answer, too. */
export async function services({ clients }: Ground): Promise<Finding[]> {
  const calls: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
    ['Amazon Inspector', () => clients.inspector.send(new BatchGetAccountStatusCommand({}))],
    ['EventBridge Scheduler', () => clients.scheduler.send(new ListSchedulesCommand({ MaxResults: 1 }))],
    ['Security Hub', () => clients.securityHub.send(new GetFindingsCommand({ MaxResults: 1 }))],
  ];
  const findings: Finding[] = [];
  for (const [service, call] of calls) {
    const outcome = await outcomeOf(call);
    if ('answer' in outcome) findings.push(answered(`${service} answers`));
    else if (outcome.reached) findings.push(answered(`${service} is here, and says ${outcome.name}: ${outcome.why}`));
    else findings.push(failedTo(`${service} does not answer here`, outcome));
  }
  return findings;
}

/** The codes of current health issues, and whether the table knows them. */
export function healthIssues({ groups }: Ground): Finding[] {
  const codes = [...new Set(groups.flatMap(({ health }) => (health?.issues ?? []).flatMap(({ code }) => code ?? [])))];
  if (codes.length === 0) return [open('no node group here has a health issue')];
  return codes.map((code) =>
    isIssueKnown(code)
      ? answered(`${code} is in the table`)
      : trouble(`${code} is in no table: it counts as one for a person`),
  );
}

/** Whether these credentials may read updates of the cluster and of a node group. */
export async function readUpdates({ clients, cluster, groups }: Ground): Promise<Finding[]> {
  const name = cluster.name ?? '';
  const ask = async (what: string, nodegroupName?: string) => {
    const outcome = await outcomeOf(() =>
      clients.eks.send(new ListUpdatesCommand({ name, ...(nodegroupName !== undefined && { nodegroupName }) })),
    );
    return 'answer' in outcome
      ? answered(`updates of ${what} can be read by these credentials`)
      : failedTo(`updates of ${what}`, outcome);
  };
  const [first] = groups;
  return [
    await ask('the cluster'),
    ...(first === undefined ? [] : [await ask(`node group ${first.nodegroupName}`, first.nodegroupName)]),
    open('with a role that may only one of the two, both calls tell which'),
  ];
}

/** Whether a worker could be protected from termination. */
export function protectWorker({ clients, instances: [first] }: Ground): Finding[] | Promise<Finding[]> {
  return first?.InstanceId === undefined
    ? [open('the cluster has no worker to ask about')]
    : dryRunOf(`protect ${first.InstanceId} from termination`, () =>
        clients.ec2.send(
          new ModifyInstanceAttributeCommand({
            InstanceId: first.InstanceId,
            DisableApiTermination: { Value: true },
            DryRun: true,
          }),
        ),
      );
}

/** The public parameters of Windows that exist. */
export async function windowsParameters({ clients, cluster }: Ground): Promise<Finding[]> {
  const path = `/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-${cluster.version}`;
  const Names = [`${path}/image_id`, `${path}/release_version`];
  const outcome = await outcomeOf(() => clients.ssm.send(new GetParametersCommand({ Names })));
  if (!('answer' in outcome)) return [failedTo('GetParameters', outcome)];
  const { InvalidParameters = [] } = outcome.answer;
  return Names.map((name) =>
    answered(`${name} ${InvalidParameters.includes(name) ? 'does not exist' : 'exists'} here`),
  );
}

/** The age of the recommended AL2023 release. */
export async function familyAge({ clients, cluster, now }: Ground): Promise<Finding[]> {
  const Name = `/aws/service/eks/optimized-ami/${cluster.version}/amazon-linux-2023/x86_64/standard/recommended/release_version`;
  const outcome = await outcomeOf(() => clients.ssm.send(new GetParametersCommand({ Names: [Name] })));
  if (!('answer' in outcome)) return [failedTo('GetParameters', outcome)];
  const [parameter] = outcome.answer.Parameters ?? [];
  if (parameter?.LastModifiedDate === undefined) return [trouble(`${Name} does not exist here`)];
  const days = Math.floor((now() - parameter.LastModifiedDate.getTime()) / 86_400_000);
  return [answered(`AL2023 for Kubernetes ${cluster.version}: ${parameter.Value}, since ${days} days`)];
}

/** Whether EC2 accepts more than 200 filter values in two filters. */
export async function filterValues({ clients }: Ground): Promise<Finding[]> {
  const values = (from: number) =>
    Array.from({ length: 120 }, (_, index) => `i-${String(from + index).padStart(17, '0')}`);
  const Filters = [
    { Name: 'instance-id', Values: values(0) },
    { Name: 'tag:eks-host-remediator:none', Values: values(1000) },
  ];
  const outcome = await outcomeOf(() => clients.ec2.send(new DescribeInstancesCommand({ Filters })));
  return 'answer' in outcome
    ? [answered('240 values in two filters of 120 are taken: the limit holds for a filter')]
    : [answered(`240 values in two filters of 120 are refused: ${outcome.name}: ${outcome.why}`)];
}

/** Whether the document with the preferences of Session Manager exists. */
export async function sessionPreferences({ clients }: Ground): Promise<Finding[]> {
  const Name = 'SSM-SessionManagerRunShell';
  const outcome = await outcomeOf(() => clients.ssm.send(new GetDocumentCommand({ Name })));
  if ('answer' in outcome) return [answered(`${Name} is there, in version ${outcome.answer.DocumentVersion}`)];
  const isMissing = outcome.name === 'InvalidDocument';
  return [(isMissing ? answered : trouble)(`${Name}: ${outcome.name}: ${outcome.why}`)];
}

/**
 * The kinds of the workers' host names, which the kubelet uses for its node: `ip-name` or `resource-name`. Source: EC2
 * user guide, "EC2 instance hostnames".
 */
export function hostNames({ instances }: Pick<Ground, 'instances'>): Finding[] {
  const kinds = Map.groupBy(instances, ({ PrivateDnsNameOptions }) => PrivateDnsNameOptions?.HostnameType ?? 'unknown');
  if (kinds.size === 0) return [open('the cluster has no worker')];
  const told = [...kinds].map(([kind, { length }]) => `${length} by ${kind}`).sort();
  return [open(`host names of workers: ${told.join(', ')}; kubectl get nodes tells the names of their nodes`)];
}

/** Whether an interface could be given the security groups that it has. */
export function keepGroups({ clients, instances }: Ground): Finding[] | Promise<Finding[]> {
  const [first] = instances.flatMap(({ NetworkInterfaces = [] }) => NetworkInterfaces);
  const NetworkInterfaceId = first?.NetworkInterfaceId;
  if (first === undefined || NetworkInterfaceId === undefined) return [open('the cluster has no worker to ask about')];
  const Groups = (first.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
  return dryRunOf(`give ${NetworkInterfaceId} the groups that it has`, () =>
    clients.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups, DryRun: true })),
  );
}

/** The duration of the slowest of five reads. */
export async function slowestRead({ clients }: Ground): Promise<Finding[]> {
  const times: number[] = [];
  for (let count = 0; count < 5; count += 1) {
    const since = performance.now();
    await clients.ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
    times.push(Math.round(performance.now() - since));
  }
  return [answered(`the slowest of five reads took ${Math.max(...times)} ms from here`)];
}

/**
 * The tier of parameters in this region that are put without one. Source: Systems Manager user guide, "Managing
 * parameter tiers".
 */
export async function defaultTier({ clients }: Ground): Promise<Finding[]> {
  const SettingId = '/ssm/parameter-store/default-parameter-tier';
  const outcome = await outcomeOf(() => clients.ssm.send(new GetServiceSettingCommand({ SettingId })));
  return 'answer' in outcome
    ? [answered(`without --tier a parameter is put into the tier ${outcome.answer.ServiceSetting?.SettingValue}`)]
    : [failedTo(`setting ${SettingId}`, outcome)];
}

/** The security groups of the cluster's VPC that let everything out over IPv6, as a new group may. */
export async function ipv6Egress({ clients, cluster }: Ground): Promise<Finding[]> {
  const vpcId = cluster.resourcesVpcConfig?.vpcId ?? '';
  const outcome = await outcomeOf(async () => {
    const groups: SecurityGroup[] = [];
    const Filters = [{ Name: 'vpc-id', Values: [vpcId] }];
    for await (const page of paginateDescribeSecurityGroups({ client: clients.ec2 }, { Filters }))
      groups.push(...(page.SecurityGroups ?? []));
    return groups;
  });
  if (!('answer' in outcome)) return [failedTo(`security groups of ${vpcId}`, outcome)];
  const open6 = outcome.answer.filter(({ IpPermissionsEgress = [] }) =>
    IpPermissionsEgress.some(({ Ipv6Ranges = [] }) => Ipv6Ranges.some(({ CidrIpv6 }) => CidrIpv6 === '::/0')),
  );
  const { length: all } = outcome.answer;
  return [answered(`${open6.length} of ${all} security groups of ${vpcId} let everything out over IPv6`)];
}
