import { REMEDIATIONS } from '../functions/remediations.ts';
import { constructIdOf } from '../functions/shared/declaration/construct-id.ts';
import type { Remediation, Start } from '../functions/shared/declaration/remediation.ts';

/** A checkov rule that the stack does not follow, with the reason. */
export interface Exception {
  readonly check: string;
  /** Pattern that the type and logical id of each resource must match. */
  readonly resources: RegExp;
  readonly reason: string;
}

const functionsStartedBy = (how: Start['by']): RegExp => {
  const names = REMEDIATIONS.filter(({ start }: Remediation) => start.by === how).map(({ name }) =>
    constructIdOf(name),
  );
  return new RegExp(`^AWS::Lambda::Function\\.(${names.join('|')})`);
};

/** Each finding of checkov must have a reason here, and each reason a finding. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    check: 'CKV_AWS_27',
    resources: /^AWS::SQS::Queue\./,
    reason:
      'Encrypted by SQS itself (SqsManagedSseEnabled), which the rule does not know: it asks for a KMS key. Messages are ' +
      'hints and events with ids and names, no secrets. EventBridge could not deliver where a key of ours refused it.',
  },
  {
    check: 'CKV_AWS_119',
    resources: /^AWS::DynamoDB::Table\.Ledger/,
    reason:
      'Encrypted with the key that AWS manages for DynamoDB, whose use CloudTrail tells. A key of ours could be disabled ' +
      'or deleted, and the ledger, on which each limit rests, with it.',
  },
  {
    check: 'CKV_AWS_158',
    resources: /^AWS::Logs::LogGroup\./,
    reason:
      'Encrypted by CloudWatch Logs. Records hold no secrets and no event bodies; a key that refuses would lose them, and ' +
      'with them the trace of what was done.',
  },
  {
    check: 'CKV_AWS_173',
    resources: /^AWS::Lambda::Function\./,
    reason:
      'Encrypted by Lambda with its own key. The variables are names and ARNs of the stack, no secrets: these are nowhere ' +
      'in the stack. A key of ours that refuses would stop every function.',
  },
  {
    check: 'CKV_AWS_117',
    resources: /^AWS::Lambda::Function\./,
    reason:
      'Functions call APIs of AWS only, each with its role, and the public endpoints of clusters. One VPC does not reach ' +
      'the workers of many; in one, each API would need a way out that an incident can take away.',
  },
  {
    check: 'CKV_AWS_115',
    resources: /^AWS::Lambda::Function\./,
    reason:
      'Reserved concurrency is taken from what all functions of an account share, and a new account has ten in all, of ' +
      'which none can be reserved. Queues bound how many invocations run side by side.',
  },
  {
    check: 'CKV_AWS_116',
    resources: functionsStartedBy('queue'),
    reason: 'Invoked by its queue, whose dead-letter queue keeps what failed: Lambda takes no other for a queue.',
  },
  {
    check: 'CKV_AWS_116',
    resources: functionsStartedBy('schedule'),
    reason:
      'Invoked by a schedule, with nothing in the event to lose: the next run does all the work, and an alarm tells ' +
      'of errors.',
  },
  {
    check: 'CKV_AWS_116',
    resources: functionsStartedBy('widget'),
    reason: 'Invoked by who looks at the dashboard, who is told of an error at once.',
  },
];
