import { describe, expect, it } from 'vitest';
import { allows, policyDocument } from './policy-evaluation.ts';

const allow = (more: object = {}) => ({ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: 'arn:q', ...more });
const request = {
  action: 'sqs:SendMessage',
  resource: 'arn:q',
  service: 'events.amazonaws.com',
  context: { 'aws:SourceArn': 'arn:rule/a', 'aws:SecureTransport': 'true' },
};

describe('a policy', () => {
  it.each([
    ['the action on the resource', [allow()], true],
    ['wildcards', [allow({ Action: 'sqs:Send*', Resource: 'arn:?' })], true],
    ['an action in another case', [allow({ Action: 'SQS:sendmessage' })], true],
    ['one of several', [allow({ Action: ['sqs:DeleteMessage', 'sqs:*'], Resource: ['arn:x', 'arn:q'] })], true],
    ['the service', [allow({ Principal: { Service: 'events.amazonaws.com' } })], true],
    ['everybody', [allow({ Principal: '*' })], true],
    ['a condition that holds', [allow({ Condition: { ArnLike: { 'aws:SourceArn': 'arn:rule/*' } } })], true],
    ['a key that is not there, if exists', [allow({ Condition: { StringEqualsIfExists: { a: 'b' } } })], true],
    ['another action', [allow({ Action: 'sqs:SendMessageX' })], false],
    ['another resource', [allow({ Resource: 'arn:qq' })], false],
    ['another service', [allow({ Principal: { Service: 'sns.amazonaws.com' } })], false],
    ['a condition that does not hold', [allow({ Condition: { ArnEquals: { 'aws:SourceArn': 'arn:rule/b' } } })], false],
    ['a key that is not there', [allow({ Condition: { StringEquals: { a: 'b' } } })], false],
    ['what is denied as well', [allow(), allow({ Effect: 'Deny', Action: 'sqs:*' })], false],
    [
      'what a denial does not concern',
      [allow(), allow({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      true,
    ],
    ['nothing', [], false],
  ])('on %s: %j allows it: %s', (_, Statement, expected) => {
    expect(allows([policyDocument.parse({ Statement })], request)).toBe(expected);
  });

  it('with a form that is not evaluated is refused', () => {
    expect(() => policyDocument.parse({ Statement: { Effect: 'Allow', Action: 'a', NotResource: '*' } })).toThrow();
    const unknown = policyDocument.parse({
      Statement: allow({ Condition: { DateLessThan: { 'aws:SourceArn': 'x' } } }),
    });
    expect(() => allows([unknown], request)).toThrow('DateLessThan');
  });
});
