/** A member of the input has a type that its schema does not allow; each protocol words the error in its own way. */
export class WrongType extends Error {
  override readonly name = 'WrongType';
  /** Where, for example `entries.1.Time`. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}
