/** A member of the input has a type that its schema does not allow. Each protocol words the error differently. */
export class WrongType extends Error {
  override readonly name = 'WrongType';
  /** Path, such as `entries.1.Time`. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}
