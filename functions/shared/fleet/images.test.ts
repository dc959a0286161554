import { DescribeImagesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { describeImages } from './images.ts';

/** A client whose account has these AMIs. EC2 returns the deprecated ones only on request. */
function clientWith(images: ReadonlyArray<{ readonly id: string; readonly deprecated: boolean }>, emptyFirst = false) {
  const calls: DescribeImagesCommand[] = [];
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async (command: unknown) => {
    if (!(command instanceof DescribeImagesCommand)) throw new Error('only DescribeImages is expected');
    calls.push(command);
    if (emptyFirst && command.input.NextToken === undefined) return { Images: [], NextToken: 'next' };
    const wanted = new Set(command.input.Filters?.flatMap(({ Values = [] }) => Values));
    const shown = images.filter(
      ({ id, deprecated }) => wanted.has(id) && (command.input.IncludeDeprecated === true || !deprecated),
    );
    return { Images: shown.map(({ id }) => ({ ImageId: id, Name: `name of ${id}` })) };
  };
  return { ec2, calls };
}

describe('describeImages', () => {
  it('finds AMIs that are deprecated by now, and leaves out what is gone', async () => {
    const { ec2 } = clientWith([
      { id: 'ami-new', deprecated: false },
      { id: 'ami-old', deprecated: true },
    ]);
    const found = await describeImages(ec2, ['ami-new', 'ami-old', 'ami-gone']);
    expect([...found.keys()].sort()).toEqual(['ami-new', 'ami-old']);
  });

  it('finds AMIs behind an empty page', async () => {
    const { ec2, calls } = clientWith([{ id: 'ami-new', deprecated: false }], true);
    expect([...(await describeImages(ec2, ['ami-new'])).keys()]).toEqual(['ami-new']);
    expect(calls).toHaveLength(2);
  });

  it('asks about no AMI twice, and never about more than a call takes', async () => {
    const ids = Array.from({ length: 450 }, (_, n) => `ami-${n}`);
    const { ec2, calls } = clientWith(ids.map((id) => ({ id, deprecated: false })));
    expect((await describeImages(ec2, [...ids, ...ids])).size).toBe(450);
    const asked = calls.map(({ input }) => input.Filters?.flatMap(({ Values = [] }) => Values) ?? []);
    expect(asked.every((values) => values.length <= 200)).toBe(true);
    expect(asked.flat()).toHaveLength(450);
  });
});
