import { isRecord } from '../wire/json-codec.ts';
import { type Template, TemplateError } from './template.ts';

/** The results of `Ref` and `Fn::GetAtt` for a resource. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ResolverOptions {
  readonly template: Template;
  /** `AWS::Region` and similar. */
  readonly pseudoParameters: Readonly<Record<string, string>>;
  /** Identifies a resource; called when something refers to it. */
  readonly identify: (logicalId: string) => Identity;
}

/** Represents `AWS::NoValue`, whose member is left out. */
const NO_VALUE = Symbol('AWS::NoValue');

type Intrinsic = (operand: unknown, at: string) => unknown;

/** CloudFormation's intrinsic functions, limited to those that CDK templates use. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #intrinsics: Readonly<Record<string, Intrinsic>> = {
    Ref: (operand, at) => this.#ref(text(operand, at), at),
    'Fn::GetAtt': (operand, at) => this.#attribute(operand, at),
    'Fn::Join': (operand, at) => {
      const [delimiter, parts] = this.#list(operand, at);
      return this.#list(parts, at)
        .map((part) => scalar(part, at))
        .join(text(delimiter, at));
    },
    'Fn::Sub': (operand, at) => this.#substitute(operand, at),
    'Fn::Split': (operand, at) => {
      const [delimiter, whole] = this.#list(operand, at);
      return text(whole, at).split(text(delimiter, at));
    },
    'Fn::Select': (operand, at) => {
      const [index, choices] = this.#list(operand, at);
      const chosen = this.#list(choices, at)[Number(index)];
      if (chosen === undefined) throw new TemplateError(`Fn::Select finds nothing at ${String(index)}, at ${at}`);
      return chosen;
    },
    'Fn::FindInMap': (operand, at) => {
      const [map, first, second] = this.#list(operand, at).map((key) => text(key, at));
      const found = this.#options.template.Mappings[map ?? '']?.[first ?? '']?.[second ?? ''];
      if (found === undefined) throw new TemplateError(`Fn::FindInMap finds nothing, at ${at}`);
      return this.resolve(found, at);
    },
    'Fn::If': (operand, at) => {
      const [condition, yes, no] = Array.isArray(operand) ? operand : [];
      return this.#resolve(this.condition(text(condition, at)) ? yes : no, at);
    },
    'Fn::Equals': (operand, at) => {
      const [left, right] = this.#list(operand, at);
      return String(left) === String(right);
    },
    'Fn::And': (operand, at) => this.#list(operand, at).every((one) => one === true),
    'Fn::Or': (operand, at) => this.#list(operand, at).some((one) => one === true),
    'Fn::Not': (operand, at) => this.#list(operand, at)[0] !== true,
    Condition: (operand, at) => this.condition(text(operand, at)),
  };

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /**
   * The value with all intrinsic functions replaced.
   * @param at its path, for error messages
   * @throws TemplateError for an unknown function or a dangling reference
   */
  resolve(value: unknown, at: string): unknown {
    const resolved = this.#resolve(value, at);
    return resolved === NO_VALUE ? undefined : resolved;
  }

  /** Whether a condition of the template is true. */
  condition(name: string): boolean {
    const expression = this.#options.template.Conditions[name];
    if (expression === undefined) throw new TemplateError(`There is no condition ${name}`);
    return this.resolve(expression, `Conditions.${name}`) === true;
  }

  #resolve(value: unknown, at: string): unknown {
    if (Array.isArray(value)) {
      const items = value.map((item: unknown, index) => this.#resolve(item, `${at}[${index}]`));
      return items.filter((item) => item !== NO_VALUE);
    }
    if (!isRecord(value)) return value;
    const [only, ...others] = Object.entries(value);
    // `Condition` is also a member of IAM statements: it is a function only where it names a condition.
    const isFunction =
      only !== undefined &&
      others.length === 0 &&
      (only[0] === 'Ref' || only[0].startsWith('Fn::') || (only[0] === 'Condition' && typeof only[1] === 'string'));
    if (isFunction) {
      const intrinsic = this.#intrinsics[only[0]];
      if (intrinsic === undefined) throw new TemplateError(`The sandbox does not know ${only[0]}, at ${at}`);
      return intrinsic(only[1], at);
    }
    const members = Object.entries(value).map(([key, member]) => [key, this.#resolve(member, `${at}.${key}`)] as const);
    return Object.fromEntries(members.filter(([, member]) => member !== NO_VALUE));
  }

  #list(operand: unknown, at: string): unknown[] {
    const list = this.#resolve(operand, at);
    if (Array.isArray(list)) return list;
    throw new TemplateError(`A list is expected, at ${at}`);
  }

  #ref(name: string, at: string): unknown {
    if (name === 'AWS::NoValue') return NO_VALUE;
    const { template, pseudoParameters, identify } = this.#options;
    if (Object.hasOwn(pseudoParameters, name)) return pseudoParameters[name];
    const parameter = template.Parameters[name];
    if (parameter !== undefined) {
      if (parameter.Default === undefined) throw new TemplateError(`The parameter ${name} has no default, at ${at}`);
      return parameter.Default;
    }
    if (!Object.hasOwn(template.Resources, name)) throw new TemplateError(`There is no ${name} to refer to, at ${at}`);
    return identify(name).ref;
  }

  #attribute(operand: unknown, at: string): string {
    const path = typeof operand === 'string' ? operand.split(/\.(.*)/s) : operand;
    const [logicalId, attribute] = Array.isArray(path) ? path : [];
    const id = text(logicalId, at);
    if (!Object.hasOwn(this.#options.template.Resources, id)) {
      throw new TemplateError(`There is no ${id} to refer to, at ${at}`);
    }
    const found = this.#options.identify(id).attributes[text(attribute, at)];
    if (found === undefined) throw new TemplateError(`The sandbox does not know ${id}.${String(attribute)}, at ${at}`);
    return found;
  }

  #substitute(operand: unknown, at: string): string {
    const [pattern, variables] = Array.isArray(operand) ? operand : [operand, {}];
    const own = isRecord(variables) ? variables : {};
    return text(pattern, at).replace(/\$\{(!?)([^}]+)\}/g, (_, escaped: string, name: string) => {
      if (escaped === '!') return `\${${name}}`;
      if (Object.hasOwn(own, name)) return scalar(this.#resolve(own[name], at), at);
      return name.includes('.') ? this.#attribute(name, at) : scalar(this.#ref(name, at), at);
    });
  }
}

function text(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  throw new TemplateError(`A text is expected, at ${at}`);
}

function scalar(value: unknown, at: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TemplateError(`A single value is expected, at ${at}`);
}
