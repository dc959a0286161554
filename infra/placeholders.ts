import { Aws } from 'aws-cdk-lib';
import type { Right } from '../functions/shared/declaration/right.ts';

/** The values of placeholders in declarations: a text, or several for a list of resources. */
export type Placeholders = Readonly<Record<string, string | readonly string[]>>;

const HERE: Placeholders = { partition: Aws.PARTITION, region: Aws.REGION, account: Aws.ACCOUNT_ID };

const PLACEHOLDER = /\{([\w:-]+)\}/g;

/**
 * Replaces the placeholders in a text of a declaration.
 * @throws Error for a placeholder that is unknown here, or stands for several texts
 */
export function resolve(text: string, known: Placeholders = {}): string {
  return text.replace(PLACEHOLDER, (_whole, name: string) => {
    const value = textsOf(name, known, text);
    if (typeof value !== 'string') throw new Error(`"${text}": {${name}} stands for several resources`);
    return value;
  });
}

/**
 * Replaces the placeholders in a right.
 * @throws Error as {@link resolve} does
 */
export function resolveRight(right: Right, known: Placeholders = {}): Right {
  const { resources, conditions } = right;
  return {
    ...right,
    resources: resources.flatMap((resource) => {
      const [, name] = /^\{([\w:-]+)\}$/.exec(resource) ?? [];
      return name === undefined ? resolve(resource, known) : textsOf(name, known, resource);
    }),
    ...(conditions !== undefined && { conditions: resolveConditions(conditions, known) }),
  };
}

function textsOf(name: string, known: Placeholders, text: string): string | readonly string[] {
  const value = HERE[name] ?? known[name];
  if (value === undefined) throw new Error(`"${text}": {${name}} stands for nothing here`);
  return value;
}

const resolveConditions = (
  conditions: NonNullable<Right['conditions']>,
  known: Placeholders,
): NonNullable<Right['conditions']> =>
  Object.fromEntries(
    Object.entries(conditions).map(([operator, keys]) => [
      operator,
      Object.fromEntries(
        Object.entries(keys).map(([key, value]) => [
          key,
          typeof value === 'string' ? resolve(value, known) : value.map((each) => resolve(each, known)),
        ]),
      ),
    ]),
  );
