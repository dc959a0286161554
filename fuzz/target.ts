/** What is fuzzed: code that takes a text from outside. */
export interface Target {
  readonly name: string;
  /** Texts that it takes. All other inputs descend from them. */
  readonly seeds: readonly string[];
  /** The names of the errors by which it may refuse an input. Any other error is a failure. */
  readonly rejects: readonly string[];
  /** CPU that an input without any length may take, ms. */
  readonly allowance: number;
  /** Runs it with one input. An error that it throws is taken as its answer. */
  run(text: string): Promise<Answer> | Answer;
}

/** The answer of a target to one input. */
export interface Answer {
  /** Sentences and codes that tell this outcome from others. */
  readonly said: readonly string[];
  /** Sentences that say what must never be and was. */
  readonly breaches?: readonly string[];
  /** The error that ended it. */
  readonly error?: Pick<Error, 'name' | 'message'>;
}
