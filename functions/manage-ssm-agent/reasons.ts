import type { ReasonEntry } from '../shared/records/reason-entry.ts';
import type { SharedReason } from '../shared/records/shared-reasons.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';

/** Reasons of records by `manage-ssm-agent`. */
export const SSM_AGENT_REASONS = {
  'agent-verified': { meaning: 'The SSM agent of the worker answers.' },
  'agent-cured': { meaning: 'The SSM agent of the worker answers after a remedy.' },
  'agent-updated': {
    meaning:
      'The SSM agent of the worker was updated and answers. It is the latest version, unless the message says that nobody tells.',
  },
  'agent-not-yet-registered': {
    meaning: 'The worker was launched a short while ago; its agent may still register (ssmAgent.graceTime).',
  },
  'agent-just-silent': {
    meaning: 'The SSM agent of the worker answered some minutes ago. It answers again where its host only restarts.',
  },
  'sessions-not-connected': {
    meaning:
      'The agent of the worker answers, but has no connection to Session Manager: no session reaches the worker. A worker that was just launched may still get one (ssmAgent.graceTime).',
    hint: 'Sessions need the endpoint ssmmessages, and a role that allows ssmmessages:CreateControlChannel and OpenControlChannel. Cure what the message names; where it names nothing, replace the worker.',
  },
  'registered-elsewhere': {
    meaning:
      'The agent of the worker is registered under the id of a hybrid activation (mi-…), as its image brought it along, instead of its instance.',
    hint: 'On the node: sudo amazon-ssm-agent -register -clear, then start it again. In the image: remove /var/lib/amazon/ssm before it is saved.',
  },
  'no-instance-profile': {
    meaning:
      'The worker has no instance profile, and Default Host Management is off, or its role gives agents nothing.',
    hint: 'Give the node group a node role, or allow ssmAgent.remedies.defaultHostManagement. Where the message names the role of Default Host Management, mend that role. An instance that names a profile that is gone needs another one (aws ec2 replace-iam-instance-profile-association), or is replaced.',
  },
  'role-lacks-ssm': {
    meaning:
      'The node role does not allow what the agent needs, and Default Host Management is off, or its role gives agents nothing.',
    hint: 'Attach AmazonSSMManagedEC2InstanceDefaultPolicy to the node role, or allow ssmAgent.remedies.attachPolicy. Where the message names a Deny, a boundary, the trust policy or the role of Default Host Management, change that.',
  },
  'no-network-path': {
    meaning:
      'The worker has no network path to Systems Manager. A route or an endpoint with private DNS is missing, DNS resolution is off in the VPC, or a security group, a network ACL or an endpoint policy denies it.',
    hint: 'The message names the missing piece: add the route, the endpoint or the rule, or switch DNS resolution on (aws ec2 modify-vpc-attribute --enable-dns-support).',
  },
  'imds-unreachable': {
    meaning: 'The instance metadata service is off: the agent finds no credentials.',
    hint: 'Enable the metadata endpoint in the launch template (HttpEndpoint).',
  },
  'cause-unclear': {
    meaning:
      'The agent does not answer. Whether its role and its network allow it cannot be read in full: the message names what is unknown.',
    hint: 'Check what the message names. If that is right, the agent is missing or hangs; ssmAgent.remedies.installWhenUnsure installs it all the same.',
  },
  'agent-missing': {
    meaning: 'Role, network and metadata are right, and still no agent has ever registered: it is missing or stopped.',
    hint: 'Use an AMI with the agent, or let ssmAgent.remedies.installAgent install it.',
  },
  'connection-lost': {
    meaning: 'The agent registered once and no longer answers.',
    hint: 'Role and network are right: the worker may be overloaded or may hang. Replace it (drain it and terminate the instance).',
  },
  'policy-attached': {
    meaning: 'A policy was attached to the node role. The message names it, and the command that undoes it.',
  },
  'default-host-management-registered': { meaning: 'Default Host Management was registered for account and region.' },
  'agent-update-started': { meaning: 'AWS-UpdateSSMAgent was sent to the worker.' },
  'agent-install-started': { meaning: 'A DaemonSet installs the agent on the worker.' },
  'would-remedy': {
    meaning: 'In mode enforce the remedy that the message names would have started now.',
    hint: `To have it done once: ${OPERATOR_COMMAND} approve RESOURCE --why "…".`,
  },
  'remedy-in-progress': { meaning: 'A remedy was started and has not taken effect yet.' },
  'agent-update-failed': {
    meaning:
      'The command that updates the agent was not accepted, or it failed. The message says whether the agent still answers.',
    // Source: "SSM Agent communications with Amazon managed S3 buckets", SSM user guide.
    hint: 'Check the command in Systems Manager Run Command. The message names it. The new agent comes from Amazon S3 (bucket amazon-ssm-REGION): nodes without a way to the Internet need a gateway endpoint for S3 whose policy allows that bucket.',
    // The remedy is retried automatically.
    severity: 'medium',
  },
  'agent-not-installable': {
    meaning: 'The agent is missing and cannot be installed, on this operating system or without a way to the Internet.',
    hint: 'Use an AMI that has the agent.',
  },
  'attempts-exhausted': {
    meaning: 'A remedy failed as often as the policy allows (ssmAgent.attempts). No further attempt is made.',
    hint: `Cure the cause that the message names, or replace the worker. To try again: ${OPERATOR_COMMAND} retry RESOURCE --why "…".`,
  },
  'kubernetes-unreachable': {
    meaning: 'The API server of the cluster cannot be reached: the agent cannot be installed.',
    hint: 'Enable the public endpoint for the addresses of the function, or deploy the function into the VPC.',
  },
  'kubernetes-access-missing': {
    meaning: 'The cluster does not know the function: the agent cannot be installed.',
    hint: 'Add an access entry for the role of the function; where the cluster takes none, map it in aws-auth (docs/kubernetes-access.md).',
  },
  'kubernetes-forbidden': {
    meaning: 'The cluster does not allow the function what it needs: the agent cannot be installed.',
    hint: 'Apply the RBAC manifest: npm run -s rbac | kubectl apply -f -',
  },
  'kubernetes-failed': { meaning: 'The API server refused what the function asked for; the message says why.' },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = SharedReason | keyof typeof SSM_AGENT_REASONS;
