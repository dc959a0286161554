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
      return { expression: { type: '=', args: [['a'], context.attrVals] } };
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

  it('is parsed anew with another value, and where it is wrong', () => {
    const { ask, parsed } = parserUnderTest();
    expect(ask('#a = :a', '1').answer).not.toEqual(ask('#a = :a', '2').answer);
    expect([ask('wrong', '1').answer, ask('wrong', '1').answer]).toEqual(['Syntax error', 'Syntax error']);
    expect(parsed()).toBe(4);
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
