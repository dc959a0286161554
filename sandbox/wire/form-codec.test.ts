import { DescribeInstances$ } from '@aws-sdk/client-ec2';
import { NormalizedSchema } from '@smithy/core/schema';
import { expect, it } from 'vitest';
import { readForm } from './form-codec.ts';

it('takes list entries in the order of their numbers, however they are sent', () => {
  const form = new URLSearchParams('InstanceId.10=j&InstanceId.2=b&InstanceId.1=a');
  expect(readForm(NormalizedSchema.of(DescribeInstances$[4]), form, 'ec2-query')).toEqual({
    InstanceIds: ['a', 'b', 'j'],
  });
});
