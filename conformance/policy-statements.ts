/** The parts of a template that a test reads. */
export interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
}

/** A statement of a policy with resolved intrinsic functions. */
export interface Statement {
  /** Logical id of the resource that has the policy. */
  readonly of: string;
  /**
   * True for a role's policy, which says what the role may do. Any other policy (of a queue, a role's trust) says who
   * may use the resource.
   */
  readonly grants: boolean;
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Operator → condition key → values. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every statement of every policy in a template. @throws Error for an unknown intrinsic function or resource */
export function statementsOf(template: Template): Statement[] {
  return Object.entries(template.Resources).flatMap(([of, { Type, Properties = {} }]) => {
    const documents: { grants: boolean; document: unknown }[] = [];
    const look = (node: unknown, grants: boolean): void => {
      if (Array.isArray(node)) for (const each of node) look(each, grants);
      if (!isObject(node)) return;
      if ('Statement' in node) documents.push({ grants, document: node });
      else for (const [key, each] of Object.entries(node)) look(each, grants && key !== 'AssumeRolePolicyDocument');
    };
    look(Properties, Type.startsWith('AWS::IAM::'));
    return documents.flatMap(({ grants, document }) => {
      const { Statement } = resolve(document, template) as Json;
      return [Statement].flat().map((statement) => {
        const { Sid = '', Action, Resource = [], Condition = {} } = statement as Json;
        const conditions = Condition as Statement['conditions'];
        return { of, grants, sid: String(Sid), actions: list(Action), resources: list(Resource), conditions };
      });
    });
  });
}

const list = (value: unknown): string[] => [value].flat().map(String);

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '111122223333',
  'AWS::StackName': 'stack',
  'AWS::StackId': 'arn:aws:cloudformation:eu-central-1:111122223333:stack/stack/1',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** The forms of `Arn`, and of `Ref` where that is an ARN. The logical id stands for the name. */
const ARNS: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'dynamodb:eu-central-1:111122223333:table/',
  'AWS::Events::EventBus': 'events:eu-central-1:111122223333:event-bus/',
  'AWS::Events::Rule': 'events:eu-central-1:111122223333:rule/',
  'AWS::IAM::Role': 'iam::111122223333:role/',
  'AWS::KMS::Key': 'kms:eu-central-1:111122223333:key/',
  'AWS::Lambda::Function': 'lambda:eu-central-1:111122223333:function:',
  'AWS::Logs::LogGroup': 'logs:eu-central-1:111122223333:log-group:',
  'AWS::Scheduler::ScheduleGroup': 'scheduler:eu-central-1:111122223333:schedule-group/',
  'AWS::SNS::Topic': 'sns:eu-central-1:111122223333:',
  'AWS::SQS::Queue': 'sqs:eu-central-1:111122223333:',
};

/** Suffixes of ARNs that end differently. */
const ENDINGS: Readonly<Record<string, string>> = { 'AWS::Logs::LogGroup': ':*' };

function resolve(node: unknown, template: Template): unknown {
  if (Array.isArray(node)) return node.map((each) => resolve(each, template));
  if (!isObject(node)) return node;
  const [[key, operand] = ['', undefined], ...others] = Object.entries(node);
  if (others.length > 0 || (key !== 'Ref' && !key.startsWith('Fn::'))) {
    return Object.fromEntries(Object.entries(node).map(([name, each]) => [name, resolve(each, template)]));
  }
  if (key === 'Ref') return referred(String(operand), template);
  if (key === 'Fn::GetAtt' && Array.isArray(operand) && operand[1] === 'Arn')
    return arnOf(String(operand[0]), template);
  if (key === 'Fn::Join' && Array.isArray(operand)) {
    return (resolve(operand[1], template) as unknown[]).join(String(operand[0]));
  }
  throw new Error(`conformance/policy-statements.ts knows no ${JSON.stringify(node)}`);
}

function referred(name: string, template: Template): string {
  const type = template.Resources[name]?.Type;
  if (type === 'AWS::SNS::Topic') return arnOf(name, template);
  // A parameter's name is a path, and so part of the ARN unchanged.
  if (type === 'AWS::SSM::Parameter') return `/${name}`;
  return PSEUDO[name] ?? name;
}

function arnOf(logicalId: string, { Resources }: Template): string {
  const type = Resources[logicalId]?.Type ?? '';
  if (ARNS[type] === undefined) throw new Error(`conformance/policy-statements.ts knows no ARN of ${type}`);
  return `arn:aws:${ARNS[type]}${logicalId}${ENDINGS[type] ?? ''}`;
}
