import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dnsSuffixOf } from '../functions/shared/runtime/partition.ts';

const ROOT = join(import.meta.dirname, '..');

/** Places where the words are the same in every partition, with the reason. */
const EXCEPTIONS: ReadonlyArray<readonly [pattern: RegExp, reason: string]> = [
  [/^\s*(\/?\*|\/\/)/, 'a comment'],
  [
    /'(ssm|eks|(agentless\.)?inspector2|cloudwatch|events|scheduler|logs|lambda)\.amazonaws\.com'/,
    'a service principal: the same in every partition (IAM user guide, "AWS service principals")',
  ],
  [/such as (111122223333\.dkr\.ecr\.|arn:aws:)/, 'an example in an error message'],
  [/'eks\.amazonaws\.com\/(nodegroup|compute-type|fargate-profile)'/, 'a label of nodes, which names no host'],
];

describe('other partitions than aws', () => {
  it('are shut out by no literal ARN and no literal host name of functions, stack or command', () => {
    const files = globSync('{functions,infra,cli}/**/*.ts', { cwd: ROOT }).filter(
      (file) => !/\.(test|proof|fixture)\.ts$/.test(file) && !file.endsWith('runtime/partition.ts'),
    );
    expect(files.length).toBeGreaterThan(200);
    const found = files.flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .filter((line) => /arn:aws:|amazonaws\.com/.test(line))
        .filter((line) => !EXCEPTIONS.some(([pattern]) => pattern.test(line)))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['eu-central-1', 'amazonaws.com'],
    ['us-gov-west-1', 'amazonaws.com'],
    ['cn-north-1', 'amazonaws.com.cn'],
    ['eusc-de-east-1', 'amazonaws.eu'],
    ['us-iso-east-1', 'c2s.ic.gov'],
    ['us-isob-east-1', 'sc2s.sgov.gov'],
  ])('have host names of their own: %s', (region, suffix) => {
    expect(dnsSuffixOf(region)).toBe(suffix);
  });
});
