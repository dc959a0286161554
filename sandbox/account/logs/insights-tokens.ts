import { AwsError, NotImplemented } from '../../wire/aws-error.ts';

export interface Token {
  readonly kind: 'name' | 'number' | 'duration' | 'text' | 'regex' | 'sign';
  readonly text: string;
}

const TOKEN =
  /\s+|(?<name>`[^`]+`|[A-Za-z_@][\w.@]*)|(?<duration>\d+(?:ms|s|m|h|d|w)\b)|(?<number>\d+(?:\.\d+)?)|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<regex>\/(?:[^/\\]|\\.)+\/)|(?<sign>!=|<=|>=|=~|[=<>(),[\]*+\-/|])/y;

export const malformed = (message: string): AwsError => new AwsError('MalformedQueryException', message);

/**
 * Tokenizes one command. A slash begins a regular expression only after `like` and `=~`, and after the field of
 * `parse`.
 */
export function tokensOf(command: string): Token[] {
  const tokens: Token[] = [];
  const expression = new RegExp(TOKEN);
  while (expression.lastIndex < command.length) {
    const start = expression.lastIndex;
    const groups = expression.exec(command)?.groups;
    if (groups === undefined) throw malformed(`unexpected character at ${start}: ${command.slice(start, start + 20)}`);
    const [kind, text] = Object.entries(groups).find(([, found]) => found !== undefined) ?? [];
    if (kind === undefined || text === undefined) continue;
    const isParsed = tokens.length === 2 && tokens[0]?.text.toLowerCase() === 'parse';
    if (kind === 'regex' && !isParsed && !['like', '=~'].includes(tokens.at(-1)?.text ?? '')) {
      throw new NotImplemented(`division in a query: ${command}`);
    }
    tokens.push(token(kind, text));
  }
  return tokens;
}

function token(kind: string, text: string): Token {
  switch (kind) {
    case 'name':
      return { kind, text: text.replaceAll('`', '') };
    case 'text':
      return { kind, text: text.slice(1, -1).replaceAll(/\\(.)/g, '$1') };
    case 'regex':
      return { kind, text: text.slice(1, -1) };
    default:
      return { kind: kind as Token['kind'], text };
  }
}

/** Reads the tokens of one command from left to right. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get next(): Token | undefined {
    return this.#tokens[this.#position];
  }

  get ended(): boolean {
    return this.next === undefined;
  }

  /** @throws AwsError `MalformedQueryException` at the end of the command */
  take(): Token {
    const taken = this.next;
    if (taken === undefined) throw malformed('unexpected end of a command');
    this.#position++;
    return taken;
  }

  /** Consumes the next token if it is this word or sign. Case does not matter. */
  accept(text: string): boolean {
    const { next } = this;
    const fits = (next?.kind === 'sign' || next?.kind === 'name') && next.text.toLowerCase() === text;
    if (fits) this.#position++;
    return fits;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw malformed(`expected ${text} instead of ${this.next?.text ?? 'the end'}`);
  }

  /** Items separated by commas, at least one. */
  list<Item>(item: () => Item): Item[] {
    const items = [item()];
    while (this.accept(',')) items.push(item());
    return items;
  }
}

/** The next token as the name of a field. */
export function nameIn(reader: TokenReader): string {
  const { kind, text } = reader.take();
  if (kind !== 'name') throw malformed(`${text} is no name of a field`);
  return text;
}

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

/** A duration such as `5m` in ms. */
export function durationOf({ kind, text }: Token): number {
  const [, count = '', unit = ''] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  if (kind !== 'duration') throw malformed(`${text} is no period such as 5m`);
  return Number(count) * (MS[unit] ?? Number.NaN);
}
