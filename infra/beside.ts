import { Aws, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { GATHER_SCRIPT } from '../functions/check-posture/gather/script.ts';
import { SHELLS_SCRIPT } from '../functions/close-shells/shells/script.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import type { Foundation } from './foundation.ts';
import type { Placeholders } from './placeholders.ts';

/** The infrastructure that a declaration may request, created in the function's construct. */
export const BESIDE: Readonly<
  Record<NonNullable<Remediation['beside']>, (scope: Construct, foundation: Foundation) => Placeholders>
> = {
  'host-management-role': hostManagementRole,
  'notification-topic': notificationTopic,
  'posture-document': postureDocument,
  'shells-documents': shellsDocuments,
};

/**
 * The role that agents assume under Default Host Management, once it is registered. It is unused until then. The
 * registration is a setting of the account and region, which outlives the stack. Deleting the role with the stack would take its rights from every agent that has no others, so it is kept.
 */
function hostManagementRole(scope: Construct, { settings }: Foundation): Placeholders {
  const role = new Role(scope, 'HostManagementRole', {
    description: 'What SSM agents may do under Default Host Management',
    // The trust policy is the documented one. AWS does not document whether Systems Manager sends the account, so there
    // is no condition on it.
    assumedBy: new ServicePrincipal('ssm.amazonaws.com'),
    managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedEC2InstanceDefaultPolicy')],
  });
  if (settings.removalPolicy === 'retain') role.applyRemovalPolicy(RemovalPolicy.RETAIN);
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy]',
    reason: 'The policy that AWS keeps for just this role: it changes with the agent.',
  });
  return { hostManagementRole: role.roleArn, hostManagementRoleName: role.roleName };
}

/** The topic on which people and systems are notified of acts and refusals. */
function notificationTopic(scope: Construct, { settings }: Foundation): Placeholders {
  const topic = new Topic(scope, 'Topic', {
    displayName: 'EKS Host Remediator',
    // Unlike CloudWatch's alarms, a function of this account may use the AWS managed key.
    masterKey: Alias.fromAliasName(scope, 'Key', 'alias/aws/sns'),
    enforceSSL: true,
  });
  if (settings.notifyEmail !== undefined) topic.addSubscription(new EmailSubscription(settings.notifyEmail));
  return { topic: topic.topicArn };
}

/** The document that gathers facts on hosts. */
function postureDocument(scope: Construct): Placeholders {
  const description = 'EKS Host Remediator: gathers what the posture of a host is judged by; read-only';
  return commandDocument(scope, 'GatherDocument', 'posture', { name: 'gather', description, script: GATHER_SCRIPT });
}

/** All documents run one script, whose first line says which part to run. */
function shellsDocuments(scope: Construct): Placeholders {
  const of = (id: string, name: string, description: string) => {
    const script = `ACTION=${name}\n${SHELLS_SCRIPT}`;
    return commandDocument(scope, id, name, { name, description: `EKS Host Remediator: ${description}`, script });
  };
  return {
    ...of('LookDocument', 'look', 'counts the ways in by SSH of a host; read-only'),
    ...of('CloseDocument', 'close', 'puts authorized_keys aside, or switches the admin container off'),
    ...of('RestoreDocument', 'restore', 'gives back authorized_keys, or the admin container'),
  };
}

/**
 * A document without parameters, so that whoever may send it can run nothing else. @returns `{…Document}`,
 * `{…DocumentName}`
 */
function commandDocument(
  scope: Construct,
  id: string,
  placeholder: string,
  { name, description, script }: { readonly name: string; readonly description: string; readonly script: string },
): Placeholders {
  const document = new CfnDocument(scope, id, {
    documentType: 'Command',
    documentFormat: 'JSON',
    // Another script makes another document: functions run the first version, which nobody can change.
    updateMethod: 'Replace',
    content: {
      schemaVersion: '2.2',
      description,
      mainSteps: [
        {
          action: 'aws:runShellScript',
          name,
          precondition: { StringEquals: ['platformType', 'Linux'] },
          inputs: { timeoutSeconds: '120', runCommand: script.trimEnd().split('\n') },
        },
      ],
    },
  });
  return {
    [`${placeholder}DocumentName`]: document.ref,
    [`${placeholder}Document`]: `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:${Aws.ACCOUNT_ID}:document/${document.ref}`,
  };
}
