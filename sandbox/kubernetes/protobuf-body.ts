import type { Json } from './json.ts';
import { badRequest, unsupportedMediaType } from './status-error.ts';

/** The beginning of a body in Kubernetes' protobuf encoding. An envelope with its kind follows. */
const MAGIC = Buffer.from('k8s\0');

/** A message: each field's number, with its values in order. Numbers are varints, everything else is bytes. */
type Message = ReadonlyMap<number, ReadonlyArray<number | Buffer>>;

/** How to read fields, by number: as text, a number, or a nested message. */
type Shape = Readonly<Record<number, readonly [name: string, of: 'text' | 'number' | Shape]>>;

/**
 * The kinds that kubectl sends in protobuf, with the fields that the sandbox reads. Source: Kubernetes, the files
 * generated.proto of k8s.io/api/authorization/v1 and policy/v1, and of k8s.io/apimachinery/pkg/apis/meta/v1.
 */
const KINDS: Readonly<Record<string, Shape>> = {
  SelfSubjectAccessReview: {
    2: [
      'spec',
      {
        1: [
          'resourceAttributes',
          {
            1: ['namespace', 'text'],
            2: ['verb', 'text'],
            3: ['group', 'text'],
            4: ['version', 'text'],
            5: ['resource', 'text'],
            6: ['subresource', 'text'],
            7: ['name', 'text'],
          },
        ],
      },
    ],
  },
  Eviction: {
    1: ['metadata', { 1: ['name', 'text'], 3: ['namespace', 'text'] }],
    2: ['deleteOptions', { 1: ['gracePeriodSeconds', 'number'], 2: ['preconditions', { 1: ['uid', 'text'] }] }],
  },
};

/**
 * A request's body as JSON text, whichever of Kubernetes' encodings it has.
 * @throws StatusError 400 for a truncated body, 415 for a kind that the sandbox does not read in protobuf
 */
export function jsonBody(body: Buffer): string {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) return body.toString();
  const envelope = messageOf(body.subarray(MAGIC.length));
  const [type, raw] = [envelope.get(1)?.[0], envelope.get(2)?.[0]];
  const { apiVersion, kind } = shaped(asBytes(type), { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] });
  const shape = KINDS[String(kind)];
  if (shape === undefined) throw unsupportedMediaType(['application/json']);
  return JSON.stringify({ apiVersion, kind, ...shaped(asBytes(raw), shape) });
}

function shaped(bytes: Buffer, shape: Shape): Json {
  const result: Record<string, unknown> = {};
  for (const [number, [value]] of messageOf(bytes)) {
    const [name, of] = shape[number] ?? [];
    if (name === undefined || of === undefined) continue;
    if (of === 'number') result[name] = value;
    // Empty counts as absent, because the encoding writes every text.
    else if (of === 'text') Object.assign(result, asBytes(value).length > 0 && { [name]: asBytes(value).toString() });
    else result[name] = shaped(asBytes(value), of);
  }
  return result;
}

const asBytes = (value: number | Buffer | undefined): Buffer => (Buffer.isBuffer(value) ? value : Buffer.alloc(0));

/** Source: Protocol Buffers, "Encoding": tags, varints, and length-delimited fields. */
function messageOf(bytes: Buffer): Message {
  const fields = new Map<number, Array<number | Buffer>>();
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[position];
      if (byte === undefined || factor > 2 ** 49) throw badRequest('the protobuf body is broken off');
      position += 1;
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (position < bytes.length) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    let value: number | Buffer;
    if (wire === 0) value = varint();
    else if (wire === 2) {
      const length = varint();
      if (position + length > bytes.length) throw badRequest('the protobuf body is broken off');
      value = bytes.subarray(position, position + length);
      position += length;
    } else throw badRequest(`the protobuf body has a field of wire type ${wire}`);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}
