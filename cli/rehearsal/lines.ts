import { DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import {
  DescribeInstancesCommand,
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
} from '@aws-sdk/client-ec2';
import { ListUpdatesCommand } from '@aws-sdk/client-eks';
import { BatchGetAccountStatusCommand } from '@aws-sdk/client-inspector2';
import { ListSchedulesCommand } from '@aws-sdk/client-scheduler';
import { GetFindingsCommand } from '@aws-sdk/client-securityhub';
import { GetDocumentCommand, GetParametersCommand } from '@aws-sdk/client-ssm';
import { isIssueKnown } from '../../functions/upgrade-node-groups/health.ts';
import { answered, dryRun, type Finding, type Ground, open, outcomeOf, trouble } from './ground.ts';

/** How a line of docs/unverified.md is checked. */
export interface LineCheck {
  /** What the line's first cell begins with. */
  readonly line: string;
  /** What can be seen without changing anything. */
  readonly look: (ground: Ground) => Finding[] | Promise<Finding[]>;
  /** The step that tells more, done only with `--yes`. */
  readonly step?: string;
}

/** The names of those node groups, or that there is none. */
const groupsThat = (
  { groups }: Ground,
  what: string,
  test: (group: Ground['groups'][number]) => boolean,
  then: string,
): Finding[] => {
  const names = groups.filter(test).map(({ nodegroupName = '' }) => nodegroupName);
  return names.length === 0 ? [open(`no node group here ${what}`)] : [open(`${names.join(', ')} ${what}: ${then}`)];
};

const NOTHING_TO_SEE = 'nothing that is there now tells';

export const LINES: readonly LineCheck[] = [
  {
    line: 'whether EKS takes an update while a node group is DEGRADED',
    look: (ground) =>
      groupsThat(ground, 'is DEGRADED', ({ status }) => status === 'DEGRADED', 'its next upgrade tells'),
  },
  {
    line: 'by which error EKS refuses an update of a group that is not ACTIVE',
    look: (ground) =>
      groupsThat(
        ground,
        'is not ACTIVE',
        ({ status }) => status !== 'ACTIVE',
        'aws eks update-nodegroup-version on it now names the error',
      ),
  },
  {
    line: 'what 20 of the 36 health issue codes mean',
    look: ({ groups }) => {
      const codes = [
        ...new Set(groups.flatMap(({ health }) => (health?.issues ?? []).flatMap(({ code }) => code ?? []))),
      ];
      if (codes.length === 0) return [open('no node group here has a health issue')];
      return codes.map((code) =>
        isIssueKnown(code)
          ? answered(`${code} is in the table`)
          : trouble(`${code} is in no table: it counts as one for a person`),
      );
    },
  },
  {
    line: 'whether EKS has a code of its own for a release that it does not take yet',
    look: () => [open(`${NOTHING_TO_SEE}; the first hours of a new release do: look for upgrade-deferred`)],
  },
  {
    line: 'by which error a missing right on the launch template comes',
    look: templated,
  },
  {
    line: "whether updates of a node group are authorized on the cluster's or the node group's ARN",
    look: async ({ clients, cluster, groups }) => {
      const name = cluster.name ?? '';
      const ask = async (what: string, nodegroupName?: string) => {
        const outcome = await outcomeOf(() =>
          clients.eks.send(new ListUpdatesCommand({ name, ...(nodegroupName !== undefined && { nodegroupName }) })),
        );
        return 'answer' in outcome
          ? answered(`updates of ${what} can be read by these credentials`)
          : trouble(`updates of ${what}: ${outcome.name}: ${outcome.why}`);
      };
      const [first] = groups;
      return [
        await ask('the cluster'),
        ...(first === undefined ? [] : [await ask(`node group ${first.nodegroupName}`, first.nodegroupName)]),
        open('with a role that may only one of the two, both calls tell which'),
      ];
    },
  },
  { line: 'whether EKS terminates members in standby while it updates a node group', look: standby },
  {
    line: 'how EKS rounds `maxUnavailablePercentage`',
    look: ({ groups }) => {
      const shares = groups.flatMap(({ nodegroupName, updateConfig, scalingConfig }) => {
        const percent = updateConfig?.maxUnavailablePercentage;
        if (percent === undefined) return [];
        const share = ((scalingConfig?.desiredSize ?? 0) * percent) / 100;
        return [
          open(`${nodegroupName}: ${percent} % are ${share} nodes; its next update shows how many leave at once`),
        ];
      });
      return shares.length === 0 ? [open('no node group here has it')] : shares;
    },
  },
  {
    line: 'how long EKS may take for a batch of nodes',
    look: () => [open(`${NOTHING_TO_SEE}; explain of an upgraded node group tells when each ended`)],
  },
  {
    line: 'whether EKS node repair ends a node in standby',
    look: (ground) =>
      groupsThat(
        ground,
        'has node repair on',
        ({ nodeRepairConfig }) => nodeRepairConfig?.enabled === true,
        'a worker of it in quarantine is told with that; quarantine.outOfService: detach takes it out of the group',
      ),
  },
  { line: 'whether EKS minds that a member of a managed group is detached', look: () => [open(NOTHING_TO_SEE)] },
  {
    line: 'whether and how EC2 gives `ec2:Attribute` for ModifyInstanceAttribute',
    look: ({ clients, instances: [first] }) =>
      first?.InstanceId === undefined
        ? [open('the cluster has no worker to ask about')]
        : dryRunOf(`protect ${first.InstanceId} from termination`, () =>
            clients.ec2.send(
              new ModifyInstanceAttributeCommand({
                InstanceId: first.InstanceId,
                DisableApiTermination: { Value: true },
                DryRun: true,
              }),
            ),
          ),
  },
  {
    line: 'how long a public parameter may show an older release',
    look: () => [open(`${NOTHING_TO_SEE}; release-in-doubt is recorded when it happens`)],
  },
  {
    line: 'whether Windows has a `release_version` parameter beside `image_id`',
    look: async ({ clients, cluster }) => {
      const path = `/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-${cluster.version}`;
      const Names = [`${path}/image_id`, `${path}/release_version`];
      const outcome = await outcomeOf(() => clients.ssm.send(new GetParametersCommand({ Names })));
      if (!('answer' in outcome)) return [trouble(`GetParameters: ${outcome.name}: ${outcome.why}`)];
      const { InvalidParameters = [] } = outcome.answer;
      return Names.map((name) =>
        answered(`${name} ${InvalidParameters.includes(name) ? 'does not exist' : 'exists'} here`),
      );
    },
  },
  {
    line: 'whether a family that has had no release for 120 days has ended',
    look: async ({ clients, cluster, now }) => {
      const Name = `/aws/service/eks/optimized-ami/${cluster.version}/amazon-linux-2023/x86_64/standard/recommended/release_version`;
      const outcome = await outcomeOf(() => clients.ssm.send(new GetParametersCommand({ Names: [Name] })));
      if (!('answer' in outcome)) return [trouble(`GetParameters: ${outcome.name}: ${outcome.why}`)];
      const [parameter] = outcome.answer.Parameters ?? [];
      if (parameter?.LastModifiedDate === undefined) return [trouble(`${Name} does not exist here`)];
      const days = Math.floor((now() - parameter.LastModifiedDate.getTime()) / 86_400_000);
      return [answered(`AL2023 for Kubernetes ${cluster.version}: ${parameter.Value}, since ${days} days`)];
    },
  },
  {
    line: "whether EC2's 200 filter values hold for a filter or for a call",
    look: async ({ clients }) => {
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
    },
  },
  {
    line: "whether a region in which nobody has set Session Manager's preferences has the document",
    look: async ({ clients }) => {
      const Name = 'SSM-SessionManagerRunShell';
      const outcome = await outcomeOf(() => clients.ssm.send(new GetDocumentCommand({ Name })));
      if ('answer' in outcome) return [answered(`${Name} is there, in version ${outcome.answer.DocumentVersion}`)];
      const isMissing = outcome.name === 'InvalidDocument';
      return [(isMissing ? answered : trouble)(`${Name}: ${outcome.name}: ${outcome.why}`)];
    },
  },
  { line: 'whether the console keeps the forms of a custom widget', look: () => [open('only the console tells')] },
  {
    line: 'whether an action in a pop-up may show something in the widget',
    look: () => [open('only the console tells')],
  },
  {
    line: 'when Logs Insights shows a record that was just written',
    look: () => [open(`${NOTHING_TO_SEE}; release with a look at its answer does, once the stack is there`)],
  },
  { line: 'by which error a service that a region lacks is missed', look: services },
  { line: 'which parts of the launch that EKS tries count as', look: templated },
  { line: "whether EKS's check sends `ec2:LaunchTemplate` at all", look: templated },
  {
    line: 'how long EC2 takes to show a new security group or instance',
    look: () => [open(NOTHING_TO_SEE)],
    step: 'closed-group',
  },
  {
    line: "whether ModifyNetworkInterfaceAttribute is judged for the interface's subnet",
    look: ({ clients, instances }) => {
      const [first] = instances.flatMap(({ NetworkInterfaces = [] }) => NetworkInterfaces);
      const NetworkInterfaceId = first?.NetworkInterfaceId;
      if (first === undefined || NetworkInterfaceId === undefined)
        return [open('the cluster has no worker to ask about')];
      const Groups = (first.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
      return dryRunOf(`give ${NetworkInterfaceId} the groups that it has`, () =>
        clients.ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups, DryRun: true })),
      );
    },
  },
  {
    line: 'whether a parameter in the Advanced tier stays there',
    look: () => [open(NOTHING_TO_SEE)],
    step: 'advanced-parameter',
  },
  {
    line: 'whether a look while another call of the same second is under way sees the default egress',
    look: () => [open(NOTHING_TO_SEE)],
    step: 'closed-group',
  },
  {
    line: 'how long a call of AWS may hang before another host answers',
    look: async ({ clients }) => {
      const times: number[] = [];
      for (let count = 0; count < 5; count += 1) {
        const since = performance.now();
        await clients.ec2.send(new DescribeInstancesCommand({ MaxResults: 5 }));
        times.push(Math.round(performance.now() - since));
      }
      return [answered(`the slowest of five reads took ${Math.max(...times)} ms from here`)];
    },
  },
];

const dryRunOf = async (what: string, call: () => Promise<unknown>): Promise<Finding[]> => [await dryRun(what, call)];

function templated(ground: Ground): Finding[] {
  return groupsThat(
    ground,
    'has a launch template',
    ({ launchTemplate }) => launchTemplate !== undefined,
    'its first upgrade tells; a refusal is recorded as upgrade-unauthorized',
  );
}

async function standby({ clients, groups }: Ground): Promise<Finding[]> {
  const names = groups.flatMap(({ resources }) =>
    (resources?.autoScalingGroups ?? []).flatMap(({ name }) => name ?? []),
  );
  if (names.length === 0) return [open('there is no managed node group')];
  const asked = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: names.slice(0, 50) });
  const outcome = await outcomeOf(() => clients.autoScaling.send(asked));
  if (!('answer' in outcome)) return [trouble(`DescribeAutoScalingGroups: ${outcome.name}: ${outcome.why}`)];
  const members = (outcome.answer.AutoScalingGroups ?? []).flatMap(({ Instances = [] }) => Instances);
  const held = members.filter(({ LifecycleState }) => LifecycleState === 'Standby').map(({ InstanceId }) => InstanceId);
  return [
    held.length === 0
      ? open('no worker is in standby now')
      : open(`${held.join(', ')} in standby: the next update of its group tells`),
  ];
}

/** Whether the services that a place may lack answer here: any answer is one, a refusal too. */
async function services({ clients }: Ground): Promise<Finding[]> {
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
    else findings.push(trouble(`${service} does not answer here: ${outcome.name}: ${outcome.why}`));
  }
  return findings;
}
