import {
  DescribeImagesCommand,
  DescribeInstanceImageMetadataCommand,
  DescribeInstancesCommand,
  EC2Client,
  type Image,
  type ImageMetadata,
  type Instance,
} from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { readRunningImages } from './running-images.ts';

const CREATED = '2026-06-01T00:00:00.000Z';
const image = (ImageId: string): Image => ({ ImageId, Name: `golden-${ImageId}`, CreationDate: CREATED });
const host = (ImageId: string): Instance => ({
  InstanceId: `i-${ImageId}`,
  ImageId,
  Architecture: 'arm64',
  PlatformDetails: 'Linux/UNIX',
  RootDeviceName: '/dev/xvda',
  RootDeviceType: 'ebs',
  VirtualizationType: 'hvm',
});

/** An account with AMIs, instances, and what EC2 tells of the AMI of each instance. */
function account(images: readonly Image[], hosts: readonly Instance[], metadata: readonly ImageMetadata[]) {
  const asked: string[] = [];
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async (command: { input: { Filters?: Array<{ Name?: string; Values?: string[] }> } }) => {
    asked.push(command.constructor.name);
    const [{ Values = [] } = {}] = command.input.Filters ?? [];
    if (command instanceof DescribeImagesCommand)
      return { Images: images.filter(({ ImageId = '' }) => Values.includes(ImageId)) };
    if (command instanceof DescribeInstancesCommand)
      return { Reservations: [{ Instances: hosts.filter(({ ImageId = '' }) => Values.includes(ImageId)) }] };
    if (!(command instanceof DescribeInstanceImageMetadataCommand)) throw new Error('not expected');
    return {
      InstanceImageMetadata: metadata.map((each) => ({ InstanceId: `i-${each.ImageId}`, ImageMetadata: each })),
    };
  };
  return { ec2, asked };
}

it('tells what an AMI is that EC2 does not describe any more, by an instance that runs it', async () => {
  const gone: ImageMetadata = {
    ImageId: 'ami-gone',
    Name: 'golden-eks-1.33-1',
    OwnerId: '111122223333',
    CreationDate: CREATED,
    State: 'deregistered',
  };
  const { ec2 } = account([image('ami-here')], [host('ami-gone'), host('ami-here')], [gone]);
  const found = await readRunningImages(ec2, ['ami-here', 'ami-gone', 'ami-gone']);
  expect([...found.keys()]).toEqual(['ami-here', 'ami-gone']);
  expect(found.get('ami-gone')).toEqual({
    imageId: 'ami-gone',
    name: 'golden-eks-1.33-1',
    owner: '111122223333',
    architecture: 'arm64',
    platform: 'Linux/UNIX',
    rootDevice: '/dev/xvda',
    rootDeviceType: 'ebs',
    virtualization: 'hvm',
    state: 'deregistered',
    createdAt: Date.parse(CREATED),
  });
});

it('never takes an AMI that EC2 does not describe for one that can be launched', async () => {
  const hidden = { ImageId: 'ami-gone', Name: 'n', CreationDate: CREATED, State: 'available' as const };
  const { ec2 } = account([], [host('ami-gone')], [hidden]);
  expect((await readRunningImages(ec2, ['ami-gone'])).get('ami-gone')?.state).toBe('hidden from this account');
});

it.each<[string, Instance[], ImageMetadata[]]>([
  ['no instance runs', [], []],
  ['EC2 tells nothing of', [host('ami-gone')], []],
  ['EC2 tells no age of', [host('ami-gone')], [{ ImageId: 'ami-gone', Name: 'n' }]],
])('leaves out an AMI that %s', async (_what, hosts, metadata) => {
  const { ec2 } = account([], hosts, metadata);
  expect(await readRunningImages(ec2, ['ami-gone'])).toEqual(new Map());
});

it('asks for no instance where EC2 describes all AMIs', async () => {
  const { ec2, asked } = account([image('ami-here')], [host('ami-here')], []);
  await readRunningImages(ec2, ['ami-here']);
  expect(asked).toEqual(['DescribeImagesCommand']);
});
