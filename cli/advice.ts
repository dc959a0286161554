/** The stack, region and environment of a command, as far as known. */
export interface Whereabouts {
  readonly stack: string;
  readonly region: string | undefined;
  /** The environment variables that the SDK reads, for profile and endpoint. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const NO_CREDENTIALS =
  'No AWS credentials: name a profile that has some (AWS_PROFILE), sign in (aws sso login), ' +
  'or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

/** Names of one error in several AWS services. Each is from the API reference of its service, "Common errors". */
const EXPIRED: readonly string[] = ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'];
const UNKNOWN_KEY: readonly string[] = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'AuthFailure',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
];
const DENIED: readonly string[] = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'NotAuthorized'];
const THROTTLED: readonly string[] = [
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
];
/** Node's codes for network errors. */
const UNREACHED: readonly string[] = ['ENOTFOUND', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN'];

/**
 * What an operator can do about an error, in a sentence that names the variable, the stack or the profile; undefined
 * for any other error.
 */
export function adviceOn(error: Error, { stack, region, env }: Whereabouts): string | undefined {
  const { name } = error;
  const profile = env.AWS_PROFILE === undefined || env.AWS_PROFILE === '' ? undefined : env.AWS_PROFILE;
  const credentials = profile === undefined ? 'the credentials in use' : `the credentials of profile ${profile}`;
  const place = region === undefined ? '' : ` in ${region}`;
  // The SDK also raises this error when a profile is incomplete or a session has ended. The message says which.
  if (name === 'CredentialsProviderError')
    return profile === undefined
      ? NO_CREDENTIALS
      : `Profile ${profile} (AWS_PROFILE) has no AWS credentials: see its name in ~/.aws/config, or sign in (aws sso login --profile ${profile})`;
  if (EXPIRED.includes(name)) {
    const fix = profile === undefined ? 'aws sso login, or set new ones' : `aws sso login --profile ${profile}`;
    return `Your session has expired: sign in again (${fix})`;
  }
  if (UNKNOWN_KEY.includes(name))
    return `AWS does not know ${credentials}: see AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
  if (DENIED.includes(name))
    return `A right is missing: have it given to ${credentials} (AWS_PROFILE chooses others), for the stack ${stack}${place}`;
  if (THROTTLED.includes(name)) return `AWS is asked too much at the moment${place}: try again in a minute`;
  if (name === 'ResourceNotFoundException' || name === 'ParameterNotFound')
    return `A part of the stack ${stack}${place} is gone: see its outputs, or deploy it anew (--stack names another one)`;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const endpoint = env.AWS_ENDPOINT_URL ?? '';
  return endpoint === ''
    ? `AWS cannot be reached${place} (${code}): see the network, HTTPS_PROXY, and --region or AWS_REGION`
    : `AWS_ENDPOINT_URL is ${endpoint}, and nothing answers there (${code}): unset it, or start what should answer`;
}

/** The code of a network error. Node keeps it in the error, its cause, or each of several causes. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && UNREACHED.includes(error.code)) return error.code;
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  return inner.map(codeOf).find((code) => code !== undefined);
}
