/** An AWS service's error response: an error code of its API with an HTTP status. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** The code on the wire, such as `ResourceInUseException` or `InvalidInstanceID.NotFound`. */
  readonly code: string;
  /** HTTP status: 4xx for errors of the caller, 5xx for errors of the service. */
  readonly status: number;
  /** Further members of the modeled error, such as `nodegroupName`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/**
 * The sandbox does not support this operation or parameter. The error is loud, and cannot be mistaken for a response of
 * AWS.
 */
export class NotImplemented extends AwsError {
  constructor(what: string) {
    super('NotImplementedBySandbox', `The sandbox does not implement ${what}.`, 501);
  }
}
