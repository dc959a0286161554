import { expect, it } from 'vitest';
import { REASONS } from './remediations.ts';
import { namedHint } from './shared/records/named-hint.ts';

const WORKER = { cluster: 'shop', nodegroup: 'web', instance: 'i-0f3a5c7e9b1d2f4a6' };
const AT = { region: 'eu-central-1', updateId: 'u-1', kubernetesVersion: '1.33' };
const WORDS = ['AMI', 'API', 'AWS', 'DNS', 'EKS', 'RBAC', 'SSH', 'VPC'];
/** Only the policy names its gates; the message of the record says which. */
const BY_MESSAGE = ['NAME'];

/** Words that look like a placeholder: `REGION`, not `SSM-SessionManagerRunShell` or `SSH.2`. */
const placeholdersIn = (hint: string): string[] =>
  (hint.match(/(?<![\w-])[A-Z][A-Z_]{2,}(?![\w-])/g) ?? []).filter((word) => ![...WORDS, ...BY_MESSAGE].includes(word));

it('each hint can be pasted: no placeholder is left in it where the subject is known', () => {
  const left = Object.entries(REASONS).flatMap(([reason, { hint }]) =>
    hint === undefined ? [] : placeholdersIn(namedHint(hint, WORKER, AT)).map((word) => `${reason}: ${word}`),
  );
  expect(left).toEqual([]);
  expect(placeholdersIn('approve SUBJECT --why "…"')).toEqual(['SUBJECT']);
});
