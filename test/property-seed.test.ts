import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertySeed } from './property-seed.ts';

describe('the seed of all properties', () => {
  it('is that of the tree, so that a run can be repeated', () => {
    const tree = '7fffffff0a4ae5bd5f3b4a8ae3a4b3a2c9d8e7f6\n';
    expect(propertySeed({}, () => tree)).toBe(0x7fffffff);
    expect(propertySeed({}, () => undefined)).toBe(0);
  });

  it('can be given', () => {
    expect(propertySeed({ PROPERTY_SEED: '4294967295' }, () => undefined)).toBe(2 ** 32 - 1);
    for (const PROPERTY_SEED of ['', '-1', '1.5', 'x', '4294967296'])
      expect(() => propertySeed({ PROPERTY_SEED })).toThrow(`PROPERTY_SEED: "${PROPERTY_SEED}" is not a whole number`);
  });

  it('is what properties draw from', () => {
    const drawn = () => fc.sample(fc.nat(), 3);
    const { seed } = fc.readConfigureGlobal();
    expect(seed).toBe(Number(process.env.PROPERTY_SEED));
    expect(drawn()).toEqual(drawn());
  });
});
