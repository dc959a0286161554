import * as ec2 from '@aws-sdk/client-ec2';
import { NormalizedSchema } from '@smithy/core/schema';
import { describe, expect, it } from 'vitest';
import { differencesFrom, withChange } from './launch-template-version.ts';

const RESPONSE = NormalizedSchema.of(ec2.ResponseLaunchTemplateData$);
const REQUEST = NormalizedSchema.of(ec2.RequestLaunchTemplateData$);

/** A value for each member of a model, all of them different. */
function sampleOf(schema: NormalizedSchema, seed = { next: 1 }): unknown {
  if (schema.isStructSchema()) {
    return Object.fromEntries([...schema.structIterator()].map(([name, member]) => [name, sampleOf(member, seed)]));
  }
  if (schema.isListSchema()) return [sampleOf(schema.getValueSchema(), seed), sampleOf(schema.getValueSchema(), seed)];
  seed.next += 1;
  if (schema.isTimestampSchema()) return new Date(seed.next * 1000);
  if (schema.isBooleanSchema()) return seed.next % 2 === 0;
  if (schema.isNumericSchema()) return seed.next;
  if (schema.isStringSchema()) return `value ${seed.next}`;
  throw new Error(`No sample of ${schema.getName()}`);
}

/** The paths of all members that are not structures. */
const pathsOf = (value: unknown, path = ''): string[] =>
  typeof value === 'object' && value !== null && !(value instanceof Date)
    ? Object.entries(value).flatMap(([name, member]) => pathsOf(member, path === '' ? name : `${path}.${name}`))
    : [path];

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, name) => Reflect.get(inner as object, name), value);

const whole = sampleOf(RESPONSE) as ec2.ResponseLaunchTemplateData;

describe('a version with another AMI', () => {
  const request = withChange(whole, { imageId: 'ami-2' });

  it('has every member of the SDK’s model as it was, but for those that only EC2 sets', () => {
    const dropped = pathsOf(whole).filter((path) => !pathsOf(request).includes(path));
    expect(dropped).toEqual([
      'NetworkInterfaces.0.Ipv6Addresses.0.IsPrimaryIpv6',
      'NetworkInterfaces.0.Ipv6Addresses.1.IsPrimaryIpv6',
      'NetworkInterfaces.1.Ipv6Addresses.0.IsPrimaryIpv6',
      'NetworkInterfaces.1.Ipv6Addresses.1.IsPrimaryIpv6',
      'MetadataOptions.State',
      'Operator.Managed',
      'Operator.HiddenByDefault',
    ]);
    const kept = pathsOf(whole).filter((path) => path !== 'ImageId' && !dropped.includes(path));
    expect(kept.length).toBeGreaterThan(100);
    for (const path of kept) expect([path, at(request, path)]).toEqual([path, at(whole, path)]);
    expect(request.ImageId).toBe('ami-2');
  });

  it('has no member that a request does not take, and every one that it takes', () => {
    expect(new Set(pathsOf(request))).toEqual(new Set(pathsOf(sampleOf(REQUEST))));
  });

  it('adds nothing to what the version says', () => {
    expect(withChange({ UserData: 'TUlNRQ==', ImageId: 'ami-1' }, { imageId: 'ami-2' })).toEqual({
      UserData: 'TUlNRQ==',
      ImageId: 'ami-2',
    });
    expect(withChange({}, { imageId: 'ami-2' })).toEqual({ ImageId: 'ami-2' });
  });
});

describe('a version without a key pair', () => {
  it('lacks that member alone, whatever else changes with it', () => {
    expect(whole.KeyName).toBeDefined();
    const kept = pathsOf(withChange(whole, {})).filter((path) => path !== 'KeyName');
    expect(pathsOf(withChange(whole, { withoutKeyPair: true }))).toEqual(kept);
    expect(withChange({ KeyName: 'ops', UserData: 'TUlNRQ==' }, { withoutKeyPair: true })).toEqual({
      UserData: 'TUlNRQ==',
    });
    expect(withChange({ KeyName: 'ops' }, { withoutKeyPair: true, imageId: 'ami-2' })).toEqual({ ImageId: 'ami-2' });
    expect(withChange({ KeyName: 'ops' }, { imageId: 'ami-2' })).toEqual({ KeyName: 'ops', ImageId: 'ami-2' });
  });

  it('is not what was asked for where EC2 shows a key pair in it', () => {
    const wanted = withChange(whole, { withoutKeyPair: true });
    expect(differencesFrom(wanted, whole)).toEqual(['KeyName']);
  });
});

describe('differencesFrom', () => {
  const wanted = withChange(whole, { imageId: 'ami-2' });

  it('sees none where EC2 made what was asked for, or sets what only it sets', () => {
    expect(differencesFrom(wanted, { ...whole, ImageId: 'ami-2' })).toEqual([]);
    expect(differencesFrom({ TagSpecifications: [], MetadataOptions: {} }, {})).toEqual([]);
  });

  it('names whatever one member was changed to or lost', () => {
    for (const path of pathsOf(wanted)) {
      for (const value of [undefined, 'another']) {
        const after = structuredClone({ ...whole, ImageId: 'ami-2' });
        const [member, ...parents] = path.split('.').reverse();
        Reflect.set(parents.length === 0 ? after : (at(after, parents.reverse().join('.')) as object), member!, value);
        expect(differencesFrom(wanted, after)).toEqual([path]);
      }
    }
  });
});
