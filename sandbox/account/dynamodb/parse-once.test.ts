import { describe, expect, it } from 'vitest';
import { DynamoDbEngine } from './engine.ts';
import { type Parser, parseOnce } from './parse-once.ts';

/** A parser like dynalite's, which counts how often it parses, and takes `#a = :a` as using both names. */
function parserUnderTest() {
  let parsed = 0;
  const parser: Parser = {
    parse(text, { context }) {
      parsed += 1;
      if (text === 'wrong') return 'Syntax error';
      for (const [name] of text.matchAll(/#\w+/g)) delete context.unusedAttrNames[name];
      for (const [name] of text.matchAll(/:\w+/g)) delete context.unusedAttrVals[name];
      return { expression: { type: '=', args: [['a'], context.attrVals?.[':a']] } };
    },
  };
  parseOnce(parser);
  const ask = (text: string, value: string) => {
    const context = {
      attrNames: { '#a': 'a', '#b': 'b' },
      attrVals: { ':a': { S: value } },
      unusedAttrNames: { '#a': true, '#b': true } as Record<string, true>,
      unusedAttrVals: { ':a': true } as Record<string, true>,
    };
    return {
      answer: parser.parse(text, { context }),
      unused: { ...context.unusedAttrNames, ...context.unusedAttrVals },
    };
  };
  return { ask, parsed: () => parsed };
}

describe('a condition', () => {
  it('is parsed once, and says each time which names it does not use', () => {
    const { ask, parsed } = parserUnderTest();
    const first = ask('#a = :a', '1');
    expect(ask('#a = :a', '1')).toEqual(first);
    expect(first.unused).toEqual({ '#b': true });
    expect(parsed()).toBe(1);
  });

  it('is parsed once for values of a type, and says the values that it is asked about', () => {
    const { ask, parsed } = parserUnderTest();
    expect(ask('#a = :a', '1').answer).toMatchObject({ expression: { args: [['a'], { S: '1' }] } });
    expect(ask('#a = :a', '2').answer).toMatchObject({ expression: { args: [['a'], { S: '2' }] } });
    expect(parsed()).toBe(1);
  });

  it('is parsed anew where it is wrong, and where the parser looks at the value', () => {
    const { ask, parsed } = parserUnderTest();
    expect([ask('wrong', '1').answer, ask('wrong', '1').answer]).toEqual(['Syntax error', 'Syntax error']);
    for (const text of ['#a BETWEEN :a AND :a', 'attribute_type(#a, :a)']) {
      for (const value of ['1', '2']) ask(text, value);
    }
    expect(parsed()).toBe(6);
  });

  it('with values of another type, or in the wrong order, is refused after a right one', async () => {
    const engine = new DynamoDbEngine('111122223333', 'eu-central-1');
    const ask = (ConditionExpression: string, ...values: object[]) =>
      engine.call('DeleteItem', {
        TableName: 'nowhere',
        Key: { pk: { S: 'p' } },
        ConditionExpression,
        ExpressionAttributeValues: Object.fromEntries(values.map((value, index) => [`:v${index}`, value])),
      });
    const [begins, between] = ['begins_with(a, :v0)', 'a BETWEEN :v0 AND :v1'];
    await expect(ask(begins, { S: 'x' })).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
    await expect(ask(begins, { N: '1' })).rejects.toMatchObject({ code: 'ValidationException' });
    await expect(ask(between, { N: '1' }, { N: '2' })).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
    await expect(ask(between, { N: '2' }, { N: '1' })).rejects.toMatchObject({ code: 'ValidationException' });
  });

  it('whose value comes first finds the same items each time', async () => {
    const engine = new DynamoDbEngine('111122223333', 'eu-central-1');
    const TableName = 'ledger';
    await engine.call('CreateTable', {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    });
    await expect
      .poll(async () => JSON.stringify(await engine.call('DescribeTable', { TableName })))
      .toContain('"TableStatus":"ACTIVE"');
    await engine.call('PutItem', { TableName, Item: { pk: { S: 'p' } } });
    const query = {
      TableName,
      KeyConditionExpression: ':p = pk',
      ExpressionAttributeValues: { ':p': { S: 'p' } },
    };
    expect(await engine.call('Query', query)).toMatchObject({ Count: 1 });
    expect(await engine.call('Query', query)).toMatchObject({ Count: 1 });
  });
});
