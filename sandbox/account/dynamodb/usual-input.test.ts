import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { isUsualValue, usualInput } from './usual-input.ts';

const require = createRequire(import.meta.url);
const { checkTypes, validateAttributeValue } = require('dynalite/validations');
const OPERATIONS = ['putItem', 'getItem', 'batchGetItem', 'query', 'scan', 'updateItem', 'deleteItem'];

const numbers = fc.oneof(fc.integer().map(String), fc.constantFrom('0', '-0', '007', '1e3', '1.50', '', '+1', 'many'));
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.record({ S: fc.string() }),
    fc.record({ N: numbers }),
    fc.record({ BOOL: fc.boolean() }),
    fc.record({ NULL: fc.boolean() }),
    fc.record({ SS: fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }) }),
    fc.record({ NS: fc.array(numbers, { maxLength: 2 }) }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ M: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value')) }),
    // No attribute values, or faulty ones.
    fc.constantFrom<unknown>(
      {},
      null,
      'text',
      3,
      [],
      { S: 1 },
      { N: 1 },
      { S: 'a', N: '1' },
      { S: null },
      { B: 'YQ==' },
    ),
    fc.constantFrom<unknown>({ B: 'a' }, { L: {} }, { M: [] }, { X: 'x' }, { BOOL: 'true' }, { S: 'a', N: undefined }),
  ),
}));
const inputs = fc.record(
  {
    TableName: fc.constantFrom<unknown>('ledger', 3, null, ['ledger']),
    Item: fc.dictionary(fc.constantFrom('pk', 'sk', 'a'), values),
    Key: fc.dictionary(fc.constantFrom('pk', 'sk'), values),
    RequestItems: fc.dictionary(
      fc.constant('ledger'),
      fc.record(
        { Keys: fc.array(fc.dictionary(fc.constant('pk'), values)), Other: fc.constant(1) },
        { requiredKeys: [] },
      ),
    ),
    ConsistentRead: fc.constantFrom<unknown>(true, false, 'yes', 1),
    Limit: fc.constantFrom<unknown>(1, 1.5, '1'),
    ExpressionAttributeValues: fc.dictionary(fc.constant(':a'), values),
    Unknown: fc.constant(1),
  },
  { requiredKeys: [] },
);

it.each(OPERATIONS)('copies the input of %s like dynalite, or leaves it to dynalite', (operation) => {
  const { types } = require(`dynalite/validations/${operation}`);
  let usual = 0;
  fc.assert(
    fc.property(inputs, (input) => {
      const before = structuredClone(input);
      const copy = usualInput(input, types);
      expect(input).toEqual(before);
      if (copy === undefined) return;
      usual++;
      expect(JSON.stringify(copy)).toBe(JSON.stringify(checkTypes(structuredClone(input), types)));
    }),
    { numRuns: 500 },
  );
  expect(usual).toBeGreaterThan(20);
});

it('takes no attribute value for usual in which dynalite finds a fault, or which it changes', () => {
  let usual = 0;
  fc.assert(
    fc.property(values, (value) => {
      if (!isUsualValue(value)) return;
      usual++;
      const before = structuredClone(value);
      expect(validateAttributeValue(value)).toBeUndefined();
      expect(value).toEqual(before);
    }),
    { numRuns: 1000 },
  );
  expect(usual).toBeGreaterThan(100);
});
