import { expect, it } from 'vitest';
import { awsTroubleOf, isThrottling, refusalOf, sortOrThrow } from './aws-error.ts';

/** An error as the SDK makes it of an answer: by the modelled exception, or by the status where the code is unknown. */
const answered = (name: string, httpStatusCode: number, $fault = httpStatusCode < 500 ? 'client' : 'server') =>
  Object.assign(new Error('no'), { name, $fault, $metadata: { httpStatusCode } });

/** What services answer where nobody may call them. Source: their "Common errors", and EC2's "Error codes". */
const REFUSED = [
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'Client.UnauthorizedOperation',
  'AuthorizationError',
  'AuthFailure',
  'OptInRequired',
  'Blocked',
  'PendingVerification',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'IncompleteSignature',
  'SignatureDoesNotMatch',
  'SubscriptionRequiredException',
  'KMSAccessDeniedException',
  'ClientException',
  'InvalidParameterException',
  'ValidationError',
  'SomethingNewException',
];

it.each(REFUSED)('takes %s for a refusal for good', (name) => {
  expect(awsTroubleOf(answered(name, 403))).toEqual({ why: `${name}: no`, code: name, kind: 'refused' });
  expect(refusalOf(answered(name, 400))).toBe(`${name}: no`);
});

it.each([
  ['Throttling', 400],
  ['ThrottlingException', 400],
  ['RequestLimitExceeded', 503],
  ['RequestThrottled', 403],
  ['ThrottledException', 429],
  ['KMSThrottlingException', 400],
  ['LimitExceededException', 429],
  ['SomethingNewException', 429],
])('takes %s (%i) for throttling', (name, status) => {
  expect(awsTroubleOf(answered(name, status))?.kind).toBe('throttled');
  expect(isThrottling(answered(name, status))).toBe(true);
  expect(refusalOf(answered(name, status))).toBeUndefined();
});

it.each([
  answered('InternalError', 500),
  answered('Unavailable', 503),
  // Modelled as the caller's fault.
  answered('ResourceContentionFault', 500, 'client'),
  answered('ScalingActivityInProgressFault', 400),
  answered('ExpiredTokenException', 400),
  answered('ExpiredToken', 403),
  answered('RequestExpired', 400),
  answered('EntityTemporarilyUnmodifiableException', 409),
  // An answer that is cut off, or a page of a proxy instead of one: the SDK cannot read it, and says so beside `$metadata`.
  Object.assign(new SyntaxError('Unexpected end of JSON input'), { $metadata: { httpStatusCode: 200 } }),
  Object.assign(new Error('read'), { code: 'ECONNRESET' }),
  Object.assign(new Error('late'), { name: 'TimeoutError' }),
])('takes %o for what may pass', (error) => {
  expect(awsTroubleOf(error)?.kind).toBe('passing');
  expect(refusalOf(error)).toBeUndefined();
});

it('sorts no fault of this program', () => {
  const fault = new TypeError('x is undefined');
  expect(awsTroubleOf(fault)).toBeUndefined();
  expect(refusalOf('a text')).toBeUndefined();
  expect(() => sortOrThrow(fault)).toThrow(fault);
});
