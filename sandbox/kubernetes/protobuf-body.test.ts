import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonBody } from './protobuf-body.ts';
import { StatusError } from './status-error.ts';

/** A length-delimited field. */
const field = (number: number, value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
};
const envelope = (kind: string, raw: Buffer, apiVersion = 'policy/v1'): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), field(1, Buffer.concat([field(1, apiVersion), field(2, kind)])), field(2, raw)]);

describe('a body in protobuf', () => {
  it('is read as the JSON that says the same; what is empty is absent', () => {
    const uid = field(2, field(2, field(1, 'u-1')));
    const raw = Buffer.concat([field(1, Buffer.concat([field(1, 'cart-1'), field(2, ''), field(3, 'default')])), uid]);
    expect(JSON.parse(jsonBody(envelope('Eviction', raw)))).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'cart-1', namespace: 'default' },
      deleteOptions: { preconditions: { uid: 'u-1' } },
    });
  });

  it('leaves JSON as it is', () => {
    expect(jsonBody(Buffer.from('{"kind":"Eviction"}'))).toBe('{"kind":"Eviction"}');
  });

  it('of a kind that is not read so is refused, for the client to send JSON', () => {
    expect(() => jsonBody(envelope('Node', Buffer.alloc(0)))).toThrow(StatusError);
  });

  it('is refused in a sentence, or read, however it is broken', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          jsonBody(Buffer.concat([Buffer.from('k8s\0'), Buffer.from(bytes)]));
        } catch (error) {
          expect(error).toBeInstanceOf(StatusError);
        }
      }),
    );
  });
});
