import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { createWantedReader } from './read-wanted-images.ts';

const WANTED = { owners: ['self'], namePattern: 'golden-{kubernetesVersion}-*', architecture: 'x86_64' as const };

/** A reader in an account whose AMIs come on this many pages, and the number of pages read. */
function readerOver(pages: number, perPage: number) {
  let calls = 0;
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async (command: unknown) => {
    if (!(command instanceof DescribeImagesCommand)) throw new Error('only DescribeImages is expected');
    calls += 1;
    return {
      Images: Array.from({ length: perPage }, (_, index) => ({
        ImageId: `ami-${calls}-${index}`,
        Name: `golden-${calls}`,
        CreationDate: '2026-07-14T00:00:00.000Z',
      })),
      ...(calls < pages && { NextToken: `${calls}` }),
    };
  };
  return { read: createWantedReader({ ec2, ssm: new SSMClient({ region: 'eu-central-1' }) }), calls: () => calls };
}

describe('the AMIs that a name is for', () => {
  it('are those of all pages', async () => {
    const { read, calls } = readerOver(20, 1_000);
    const { candidates } = { candidates: [], ...(await read(WANTED, '1.33')) };
    expect(candidates).toHaveLength(20_000);
    expect(calls()).toBe(20);
  });

  it('are those of all pages, however little EC2 puts on each', async () => {
    const { read, calls } = readerOver(50, 1);
    const { candidates } = { candidates: [], ...(await read(WANTED, '1.33')) };
    expect(candidates).toHaveLength(50);
    expect(calls()).toBe(50);
  });

  it('are none where there are more than are read, since the newest may be missing; and that is said', async () => {
    const { read, calls } = readerOver(21, 1_000);
    expect(await read(WANTED, '1.33')).toEqual({
      kind: 'none',
      message: expect.stringContaining('More AMIs are named golden-1.33-* than are read for one name (20000).'),
    });
    expect(calls()).toBe(20);
  });
});
