import {
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
} from '@aws-sdk/client-ec2';
import { UpdateNodegroupVersionCommand } from '@aws-sdk/client-eks';
import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { answered, type Finding, failedTo, type Ground, open, outcomeOf, trouble } from './ground.ts';

/** A step that changes something and reverts it. It runs only with `--yes NAME`. */
export interface Step {
  readonly name: string;
  /** What is created, and deleted again. */
  readonly changes: string;
  readonly run: (ground: Ground) => Promise<Finding[]>;
}

const nameOf = (ground: Ground): string => `eks-host-remediator-rehearsal-${ground.now()}`;

/** How long a new security group may be invisible to other calls, and the pause between two reads, ms. */
const PATIENCE = 30_000;
const PAUSE = 500;

/** Creates a security group like isolation does, and observes how long it takes to appear, and what it lets out. */
async function closedGroup(ground: Ground): Promise<Finding[]> {
  const { ec2 } = ground.clients;
  const VpcId = ground.cluster.resourcesVpcConfig?.vpcId ?? '';
  const made = await outcomeOf(() =>
    ec2.send(new CreateSecurityGroupCommand({ GroupName: nameOf(ground), Description: 'rehearsal', VpcId })),
  );
  if (!('answer' in made)) return [failedTo('CreateSecurityGroup', made)];
  const GroupId = made.answer.GroupId ?? '';
  const since = performance.now();
  try {
    const asked = new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [GroupId] }] });
    for (;;) {
      const seen = await outcomeOf(() => ec2.send(asked));
      const rules = 'answer' in seen ? (seen.answer.SecurityGroupRules ?? []) : [];
      const waited = Math.round(performance.now() - since);
      if (rules.length > 0) {
        const egress = rules.filter(({ IsEgress }) => IsEgress === true);
        const peers = egress.map(({ CidrIpv4, CidrIpv6 }) => CidrIpv4 ?? CidrIpv6 ?? 'a group');
        return [answered(`${GroupId} was seen after ${waited} ms; by default it lets out to ${peers.join(', ')}`)];
      }
      if (waited > PATIENCE) {
        return [trouble(`${GroupId} is not seen after ${waited} ms${'name' in seen ? `: ${seen.name}` : ''}`)];
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  } finally {
    const gone = await outcomeOf(() => ec2.send(new DeleteSecurityGroupCommand({ GroupId })));
    // The user must learn what is left behind, whatever the outcome.
    if (!('answer' in gone))
      process.stderr.write(`left behind: security group ${GroupId} (${gone.name}: ${gone.why})\n`);
  }
}

/** Puts a parameter of 5,000 bytes, then a small one without a tier. */
async function advancedParameter(ground: Ground): Promise<Finding[]> {
  const { ssm } = ground.clients;
  const Name = `/${nameOf(ground)}`;
  const put = (Value: string, more: object) =>
    outcomeOf(() => ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more })));
  const large = await put('x'.repeat(5000), { Tier: 'Intelligent-Tiering' });
  if (!('answer' in large)) return [failedTo('PutParameter', large)];
  try {
    const small = await put('x', { Overwrite: true });
    return 'answer' in small
      ? [answered(`put with the tier: ${large.answer.Tier}; then a small one without: ${small.answer.Tier}`)]
      : [open(`a small one without the tier: ${small.name}: ${small.why}`)];
  } finally {
    const gone = await outcomeOf(() => ssm.send(new DeleteParameterCommand({ Name })));
    if (!('answer' in gone)) process.stderr.write(`left behind: parameter ${Name} (${gone.name}: ${gone.why})\n`);
  }
}

/** Asks EKS for an upgrade to a release that does not exist. EKS refuses, so nothing begins. */
async function impossibleRelease({ clients, cluster, groups }: Ground): Promise<Finding[]> {
  const group = groups.find(({ amiType }) => amiType !== 'CUSTOM');
  if (group === undefined) return [open('there is no node group that EKS could be asked about')];
  const { nodegroupName, version } = group;
  const releaseVersion = `${version}.999-19700101`;
  const change = { clusterName: cluster.name, nodegroupName, version, releaseVersion };
  const outcome = await outcomeOf(() => clients.eks.send(new UpdateNodegroupVersionCommand(change)));
  if ('answer' in outcome) return [trouble(`EKS has begun to move ${nodegroupName} to ${releaseVersion}: look at it`)];
  return [answered(`${nodegroupName} to ${releaseVersion}: ${outcome.name}: ${outcome.why}`)];
}

export const STEPS: readonly Step[] = [
  {
    name: 'closed-group',
    changes: "a security group without members in the cluster's VPC, deleted again",
    run: closedGroup,
  },
  { name: 'advanced-parameter', changes: 'an SSM parameter of 5,000 bytes, deleted again', run: advancedParameter },
  {
    name: 'impossible-release',
    changes: 'EKS is asked to move a node group to a release that there is none of, which it refuses',
    run: impossibleRelease,
  },
];
