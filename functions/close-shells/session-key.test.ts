import { type GetInstanceProfileCommand, IAMClient, NoSuchEntityException } from '@aws-sdk/client-iam';
import { SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { statementsOf } from '../shared/iam/policy-statements.ts';
import { readSessionTroubles, whyNoKey } from './session-key.ts';

const AT = { partition: 'aws', region: 'eu-central-1', account: '111122223333' };
const ID = '0d5ec2a1-7f3b-4c6d-9e8f-a1b2c3d4e5f6';
const KEY = `arn:aws:kms:eu-central-1:111122223333:key/${ID}`;
const AGENT = { Effect: 'Allow', Action: ['ssm:*', 'ssmmessages:*'], Resource: '*' };
const decrypt = (Resource: string, more: object = {}) => ({
  Effect: 'Allow',
  Action: 'kms:Decrypt',
  Resource,
  ...more,
});

const profile = (...Statement: object[]) => ({
  name: 'p',
  role: {
    name: 'shop-node',
    roleArn: 'arn:aws:iam::111122223333:role/shop-node',
    policies: [{ name: 'own', statements: statementsOf(JSON.stringify({ Statement })) }],
    fingerprint: 'f',
  },
});
const DOES_NOT = 'and role shop-node does not allow kms:Decrypt with it';
const NOBODY_KNOWS = /^and whether role shop-node allows kms:Decrypt with it cannot be told/;
const OTHER_ROLE = 'and its agent may have its rights from another role than shop-node';

it.each<[string, string, object[], string | RegExp | undefined]>([
  ['by its ARN, which it may use', KEY, [AGENT, decrypt(KEY)], undefined],
  ['by its id, which it may use', ID, [AGENT, decrypt(KEY)], undefined],
  ['by an alias, of which it may use any key', 'alias/sessions', [AGENT, decrypt('*')], undefined],
  [
    'by its ARN, which it may use over TLS',
    KEY,
    [AGENT, decrypt(KEY, { Condition: { Bool: { 'aws:SecureTransport': 'true' } } })],
    undefined,
  ],
  ['by its ARN, as the policies of AWS leave it', KEY, [AGENT], DOES_NOT],
  ['by its ARN, and it may use another one', KEY, [AGENT, decrypt(KEY.replace('0d5', '1d5'))], DOES_NOT],
  ['of another account', KEY.replace('111122223333', '444455556666'), [AGENT, decrypt(KEY)], DOES_NOT],
  ['by an alias, and it may use one key', 'alias/sessions', [AGENT, decrypt(KEY)], NOBODY_KNOWS],
  [
    'by its ARN, under a condition that only a request shows',
    KEY,
    [AGENT, decrypt(KEY, { Condition: { StringEquals: { 'kms:EncryptionContext:aws:ssm:TargetId': 'i-1' } } })],
    NOBODY_KNOWS,
  ],
  ['by its ARN, and Default Host Management may give its agent its rights', KEY, [decrypt(KEY)], OTHER_ROLE],
])('the preferences name a key %s', (_what, key, statements, why) => {
  const found = whyNoKey(key, profile(...statements), 'i-0f3a5c7e9b1d2f4a6', AT);
  if (why instanceof RegExp) expect(found).toMatch(why);
  else expect(found).toBe(why);
});

it('an instance without a role is none that may use a key', () => {
  expect(whyNoKey(KEY, undefined, 'i-1', AT)).toContain('no role');
  expect(whyNoKey(KEY, { name: 'gone', gone: true }, 'i-1', AT)).toContain('no role');
});

it('a role that cannot be read keeps nobody from telling of hosts with another', async () => {
  const ssm = new SSMClient({ region: AT.region });
  const preferences = { Content: JSON.stringify({ inputs: { kmsKeyId: KEY } }), DocumentVersion: '1' };
  ssm.send = async () => preferences;
  const iam = new IAMClient({ region: AT.region });
  iam.send = async ({ input }: GetInstanceProfileCommand) => {
    if (input.InstanceProfileName === 'closed')
      throw Object.assign(new Error('no'), { name: 'AccessDenied', $metadata: {} });
    throw new NoSuchEntityException({ message: 'gone', $metadata: {} });
  };
  const host = (instanceId: string, name: string) => ({
    instanceId,
    instance: { IamInstanceProfile: { Arn: `arn:aws:iam::111122223333:instance-profile/${name}` } },
  });
  const troubles = await readSessionTroubles({ iam, ssm }, AT, [host('i-1', 'closed'), host('i-2', 'gone')]);
  expect([...troubles.values()].map(({ why }) => why)).toEqual([
    `sessions are encrypted by the key ${KEY}, and the role of the instance cannot be read (AccessDenied)`,
    `sessions are encrypted by the key ${KEY}, and the instance has no role whose rights could be read`,
  ]);
});
