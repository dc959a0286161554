import { expect, it } from 'vitest';
import { adviceOn } from './advice.ts';

const named = (name: string, message = 'as AWS says it') => Object.assign(new Error(message), { name });
const refused = new Error('connect', {
  cause: new AggregateError([Object.assign(new Error(), { code: 'ECONNREFUSED' })]),
});
const AT = { stack: 'prod', region: 'eu-west-1', env: {} };

it.each([
  ['ExpiredTokenException', { AWS_PROFILE: 'ops' }, /aws sso login --profile ops/],
  ['ExpiredToken', {}, /sign in again \(aws sso login/],
  ['UnrecognizedClientException', { AWS_PROFILE: 'ops' }, /credentials of profile ops: see AWS_PROFILE/],
  ['AccessDeniedException', { AWS_PROFILE: 'ops' }, /credentials of profile ops .* stack prod in eu-west-1/],
  ['UnauthorizedOperation', {}, /credentials in use .*AWS_PROFILE/],
  ['CredentialsProviderError', { AWS_PROFILE: 'ops' }, /^Profile ops \(AWS_PROFILE\) has no AWS credentials: /],
  ['CredentialsProviderError', {}, /^No AWS credentials: .*AWS_ACCESS_KEY_ID/],
  ['ThrottlingException', {}, /in eu-west-1: try again/],
  ['ParameterNotFound', {}, /stack prod in eu-west-1 is gone/],
])('says of %s which variable, stack or profile it is about: %j', (name, env, advice) => {
  expect(adviceOn(named(name), { ...AT, env })).toMatch(advice);
});

it('says where nothing answers, and by which variable', () => {
  expect(adviceOn(refused, { ...AT, env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } })).toBe(
    'AWS_ENDPOINT_URL is http://127.0.0.1:1, and nothing answers there (ECONNREFUSED): unset it, or start what should answer',
  );
  expect(adviceOn(refused, AT)).toMatch(/^AWS cannot be reached in eu-west-1 \(ECONNREFUSED\): .*AWS_REGION/);
});

it('has none for what it does not know', () => {
  expect(adviceOn(named('InternalFailure'), AT)).toBeUndefined();
});
