import { describe, expect, it } from 'vitest';
import { Resolver } from './intrinsics.ts';
import { parseTemplate } from './template.ts';

const template = parseTemplate({
  Parameters: { Stage: { Type: 'String', Default: 'prod' }, Open: { Type: 'String' } },
  Mappings: { Sizes: { prod: { queue: 7 } } },
  Conditions: {
    IsProd: { 'Fn::Equals': [{ Ref: 'Stage' }, 'prod'] },
    Never: { 'Fn::Not': [{ Condition: 'IsProd' }] },
    Both: { 'Fn::And': [{ Condition: 'IsProd' }, { 'Fn::Or': [{ Condition: 'Never' }, { Condition: 'IsProd' }] }] },
  },
  Resources: { Queue: { Type: 'AWS::SQS::Queue' } },
});

const resolver = new Resolver({
  template,
  pseudoParameters: { 'AWS::Region': 'eu-central-1' },
  identify: (logicalId) => ({ ref: `ref of ${logicalId}`, attributes: { Arn: `arn:of:${logicalId}` } }),
});

describe('intrinsic functions', () => {
  it.each([
    ['Ref of a resource', { Ref: 'Queue' }, 'ref of Queue'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-central-1'],
    ['Ref of a parameter', { Ref: 'Stage' }, 'prod'],
    ['GetAtt as a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:of:Queue'],
    ['GetAtt as a text', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:of:Queue'],
    ['Join, nested', { 'Fn::Join': ['-', ['a', { Ref: 'Stage' }, 1]] }, 'a-prod-1'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders, not JavaScript's.
    ['Sub', { 'Fn::Sub': '${AWS::Region}/${Queue.Arn}/${!Literal}' }, 'eu-central-1/arn:of:Queue/${Literal}'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders, not JavaScript's.
    ['Sub with variables', { 'Fn::Sub': ['${a}-${Stage}', { a: { Ref: 'Queue' } }] }, 'ref of Queue-prod'],
    ['Select of Split', { 'Fn::Select': [1, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Queue', 'Arn'] }] }] }, 'of'],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'queue'] }, 7],
    ['If', { 'Fn::If': ['Both', 'yes', { Ref: 'Open' }] }, 'yes'],
    ['If not', { 'Fn::If': ['Never', { Ref: 'Open' }, 'no'] }, 'no'],
    [
      'NoValue, which leaves its member out',
      { a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] },
      { b: [1] },
    ],
    [
      'the Condition of a policy, which is no function',
      { Condition: { Bool: { a: 'true' } } },
      { Condition: { Bool: { a: 'true' } } },
    ],
  ])('%s', (_, value, expected) => {
    expect(resolver.resolve(value, 'Test')).toEqual(expected);
  });

  it.each([
    ['an unknown function', { 'Fn::ImportValue': 'x' }, 'Fn::ImportValue, at Test'],
    ['a reference to nothing', { Ref: 'Nothing' }, 'no Nothing'],
    ['an attribute of nothing', { 'Fn::GetAtt': ['Nothing', 'Arn'] }, 'no Nothing'],
    ['an unknown attribute', { 'Fn::GetAtt': ['Queue', 'Size'] }, 'Queue.Size'],
    ['a parameter without a default', { Ref: 'Open' }, 'Open has no default'],
    ['an unknown condition', { 'Fn::If': ['Maybe', 1, 2] }, 'no condition Maybe'],
    ['a place in the template', { a: [{ b: { Ref: 'Nothing' } }] }, 'Test.a[0].b'],
  ])('names %s', (_, value, message) => {
    expect(() => resolver.resolve(value, 'Test')).toThrow(message);
  });
});
