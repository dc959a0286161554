/**
 * What a promise has come to, for those who need it: what failed for some stops no others.
 *
 * @throws why it was rejected
 */
export function settledValue<Value>(settled: PromiseSettledResult<Value>): Value {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}
