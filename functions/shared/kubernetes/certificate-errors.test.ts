import { expect, it } from 'vitest';
import { createPatience } from './patience.ts';
import { withoutAnswer } from './refusal.ts';

const access = {
  cluster: 'prod',
  endpoint: 'https://prod',
  certificateAuthority: '',
  token: 'a-token',
  patience: createPatience({ now: () => 0 }, 0),
};

it.each([
  ['CERT_HAS_EXPIRED', 'Its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'Its certificate is not valid yet'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Its certificate is for another name'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'not of the authority that EKS names'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'not of the authority that EKS names'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'not of the authority that EKS names'],
  ['ENOTFOUND', 'private endpoint'],
])('%s is told with what is wrong', (code, remedy) => {
  const { problem, message } = withoutAnswer(access, Object.assign(new Error('no'), { code }));
  expect(problem).toBe('unreachable');
  expect(message).toContain(`(${code}). `);
  expect(message).toContain(remedy);
});
