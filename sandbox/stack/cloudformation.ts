import {
  DescribeStacks$,
  type DescribeStacksCommandInput,
  type DescribeStacksCommandOutput,
} from '@aws-sdk/client-cloudformation';
import { operation, type Service } from '../account/service.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Stack } from './stack.ts';

/** AWS CloudFormation, limited to describing a stack with its outputs. */
export function createCloudFormation(stacks: () => readonly Stack[]): Service {
  return {
    signingName: 'cloudformation',
    iamPrefix: 'cloudformation',
    protocol: 'query',
    xmlNamespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
    operations: {
      DescribeStacks: operation<DescribeStacksCommandInput, DescribeStacksCommandOutput>(
        DescribeStacks$,
        ['StackName'],
        ({ StackName }) => {
          const found = stacks().filter(({ name, id }) => StackName === undefined || [name, id].includes(StackName));
          if (StackName !== undefined && found.length === 0) {
            throw new AwsError('ValidationError', `Stack with id ${StackName} does not exist`);
          }
          return { Stacks: found.map(describe) };
        },
        ({ StackName }) => [
          {
            action: 'cloudformation:DescribeStacks',
            resource: stacks().find(({ name }) => name === StackName)?.id ?? '*',
          },
        ],
      ),
    },
  };
}

const describe = (stack: Stack) => ({
  StackName: stack.name,
  StackId: stack.id,
  Description: stack.description(),
  CreationTime: new Date(stack.createdAt),
  StackStatus: 'CREATE_COMPLETE' as const,
  Outputs: Object.entries(stack.outputs).map(([OutputKey, value]) => ({
    OutputKey,
    OutputValue: String(value),
    Description: stack.description(OutputKey),
  })),
});
