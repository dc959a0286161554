/**
 * How often each function was invoked in a chain of invocations, by the hash that Lambda assigns to the function.
 *
 * Lambda writes it into the trace header, which the SDKs pass on with every call, and SQS keeps with a message. The
 * format is the one in the X-Ray developer guide ("Tracing header": `Lineage=a87bd80c:1|68fd508a:5|c512fbe3:2`).
 */
export type Lineage = ReadonlyMap<string, number>;

/**
 * After this many invocations of a function in one chain Lambda stops the next one.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html "approximately 16 times"
 */
export const MOST_INVOCATIONS = 16;

/** @param traceHeader an `X-Amzn-Trace-Id`, as a client sent it */
export function readLineage(traceHeader: string | undefined): Lineage {
  const [, text = ''] = /(?:^|;)Lineage=([^;]*)/.exec(traceHeader ?? '') ?? [];
  const entries = text.split('|').flatMap((each): Array<[string, number]> => {
    const [, hash, count] = /^([0-9a-f]+):(\d+)$/.exec(each) ?? [];
    return hash === undefined ? [] : [[hash, Number(count)]];
  });
  return new Map(entries);
}

export const writeLineage = (lineage: Lineage): string =>
  `Lineage=${[...lineage].map(([hash, count]) => `${hash}:${count}`).join('|')}`;

/**
 * The lineage of a batch of messages. AWS does not document which message's chain a batch belongs to. Here the longest
 * one counts, which is the worst case.
 */
export function longestLineage(lineages: readonly Lineage[]): Lineage {
  const longest = new Map<string, number>();
  for (const lineage of lineages) {
    for (const [hash, count] of lineage) longest.set(hash, Math.max(count, longest.get(hash) ?? 0));
  }
  return longest;
}
