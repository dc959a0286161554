/** What an AWS service answers instead of a result: an error code of its API with an HTTP status. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  /** The code as on the wire, for example `ResourceInUseException` or `InvalidInstanceID.NotFound`. */
  readonly code: string;
  /** HTTP status: 4xx says that the caller is at fault, 5xx the service. */
  readonly status: number;
  /** Further members of the modeled error, for example `nodegroupName`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, members: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.members = members;
  }
}

/** The sandbox does not know this operation or parameter: loud, and never to be mistaken for an answer of AWS. */
export class NotImplemented extends AwsError {
  constructor(what: string) {
    super('NotImplementedBySandbox', `The sandbox does not implement ${what}.`, 501);
  }
}
