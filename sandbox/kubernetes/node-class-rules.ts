import { z } from 'zod';

/**
 * The rules for the AMI selector terms of an EC2NodeClass, which the API server checks. They restate what Karpenter
 * publishes: the part `spec.amiSelectorTerms`, its `x-kubernetes-validations`, and those of `spec` that are about
 * `amiFamily`.
 *
 * @see aws/karpenter-provider-aws (Apache-2.0), pkg/apis/crds/karpenter.k8s.aws_ec2nodeclasses.yaml, version v1, made of
 *   pkg/apis/v1/ec2nodeclass.go
 */
const FAMILIES: Readonly<Record<string, string>> = {
  al2: 'AL2',
  al2023: 'AL2023',
  bottlerocket: 'Bottlerocket',
  windows2019: 'Windows2019',
  windows2022: 'Windows2022',
  windows2025: 'Windows2025',
};

const familyOf = (alias: string): string => alias.split('@', 1)[0] ?? '';

/** The rules of an alias are counted where its form is right: CEL rules run only on values of the schema's form. */
const alias = z
  .string()
  .max(30)
  .regex(/^[a-zA-Z0-9]+@.+$/, "'alias' is improperly formatted, must match the format 'family@version'")
  .refine((text) => familyOf(text) in FAMILIES, {
    error: `family is not supported, must be one of the following: ${Object.keys(FAMILIES)
      .map((each) => `'${each}'`)
      .join(', ')}`,
  })
  .refine((text) => !familyOf(text).startsWith('windows') || text.endsWith('@latest'), {
    error: "windows families may only specify version 'latest'",
  });

const tags = z
  .record(z.string(), z.string())
  .refine((all) => Object.keys(all).length <= 20, { error: 'must have at most 20 items' })
  .refine((all) => Object.entries(all).every(([key, value]) => key !== '' && value !== ''), {
    error: "empty tag keys or values aren't supported",
  });

const term = z.strictObject({
  alias: alias.optional(),
  // The pattern has no anchors.
  id: z
    .string()
    .regex(/ami-[0-9a-z]+/)
    .optional(),
  name: z.string().optional(),
  owner: z.string().optional(),
  ssmParameter: z.string().optional(),
  tags: tags.optional(),
});
type Term = z.infer<typeof term>;

const has = ({ tags: tagged, id, name, alias: aliased, ssmParameter }: Term) =>
  [tagged, id, name, aliased, ssmParameter].some((each) => each !== undefined);
const isAlone = (each: Term, member: keyof Term) => each[member] === undefined || Object.keys(each).length === 1;

const amiSelectorTerms = z
  .array(term)
  .min(1)
  .max(30)
  .refine((terms) => terms.every(has), {
    error: "expected at least one, got none, ['tags', 'id', 'name', 'alias', 'ssmParameter']",
  })
  .refine((terms) => terms.every((each) => isAlone(each, 'id')), {
    error: "'id' is mutually exclusive, cannot be set with a combination of other fields in amiSelectorTerms",
  })
  .refine((terms) => terms.every((each) => isAlone(each, 'alias')), {
    error: "'alias' is mutually exclusive, cannot be set with a combination of other fields in amiSelectorTerms",
  })
  .refine((terms) => terms.length === 1 || terms.every((each) => each.alias === undefined), {
    error: "'alias' is mutually exclusive, cannot be set with a combination of other amiSelectorTerms",
  });

const spec = z
  .looseObject({ amiSelectorTerms, amiFamily: z.enum([...Object.values(FAMILIES), 'Custom']).optional() })
  .refine(({ amiSelectorTerms: [first], amiFamily }) => amiFamily !== undefined || first?.alias !== undefined, {
    error: 'must specify amiFamily if amiSelectorTerms does not contain an alias',
  })
  .refine(
    ({ amiSelectorTerms: [first], amiFamily }) =>
      first?.alias === undefined || [undefined, 'Custom', FAMILIES[familyOf(first.alias)]].includes(amiFamily),
    { error: 'if set, amiFamily must be the family of the alias or Custom' },
  );

/** What the schema refuses in the `spec` of an EC2NodeClass, each by its field. */
export function faultsOf(value: unknown): ReadonlyArray<{ readonly field: string; readonly message: string }> {
  const { error } = spec.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => ({
    field: ['spec', ...path].reduce<string>(
      (text, part) =>
        typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
      '',
    ),
    message,
  }));
}
