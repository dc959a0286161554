import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { chooseAnswering } from './choose-answering.ts';

const NOW = Date.UTC(2026, 6, 15);

/** Workers of one group and AMI, the oldest first. */
const pool = (nodegroup: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    nodegroup,
    instance: { InstanceId: `i-${nodegroup}-${index}`, ImageId: 'ami-1', LaunchTime: new Date(NOW + index) },
  }));

/** The workers that are chosen, and how many were asked about in each call. */
async function chosenOf(
  candidates: ReturnType<typeof pool>,
  answering: readonly string[],
  { failed = [], most = 1 }: { readonly failed?: readonly string[]; readonly most?: number } = {},
) {
  const asked: number[] = [];
  const ssm = new SSMClient({ region: 'eu-central-1' });
  ssm.send = async (command: unknown) => {
    if (!(command instanceof DescribeInstanceInformationCommand)) throw new Error('only agents are expected');
    const ids = command.input.Filters?.[0]?.Values ?? [];
    asked.push(ids.length);
    const found = ids.filter((id) => answering.includes(id));
    return {
      InstanceInformationList: found.map((InstanceId) => ({
        InstanceId,
        PingStatus: 'Online',
        PlatformType: 'Linux',
      })),
    };
  };
  const chosen = await chooseAnswering(ssm, candidates, { failed: new Set(failed), most });
  return { chosen: chosen.map(({ instance }) => instance.InstanceId), asked };
}

it('chooses the oldest that answers, and asks about no more than it needs', async () => {
  expect(await chosenOf(pool('web', 40), ['i-web-1', 'i-web-2', 'i-web-30'])).toEqual({
    chosen: ['i-web-1'],
    asked: [3],
  });
});

it('asks about newer workers where too few of the oldest answer', async () => {
  expect(await chosenOf(pool('web', 40), ['i-web-39', 'i-web-30'])).toEqual({ chosen: ['i-web-30'], asked: [3, 37] });
  expect(await chosenOf(pool('web', 40), ['i-web-0', 'i-web-30'], { most: 2 })).toEqual({
    chosen: ['i-web-0', 'i-web-30'],
    asked: [4, 36],
  });
  // One group that is silent makes no further calls about another.
  const { chosen, asked } = await chosenOf([...pool('web', 9), ...pool('api', 9)], ['i-web-0', 'i-api-8']);
  expect([chosen, asked]).toEqual([
    ['i-web-0', 'i-api-8'],
    [6, 6],
  ]);
});

it('asks about 500 more at most', async () => {
  const { chosen, asked } = await chosenOf(pool('web', 2_000), []);
  expect([chosen, asked.reduce((sum, each) => sum + each)]).toEqual([[], 503]);
});

it('takes all that failed before and answer, and others only until there are enough', async () => {
  const answering = ['i-web-0', 'i-web-7', 'i-web-8'];
  expect((await chosenOf(pool('web', 9), answering, { failed: ['i-web-7', 'i-web-8'] })).chosen).toEqual([
    'i-web-7',
    'i-web-8',
  ]);
  expect((await chosenOf(pool('web', 9), answering, { failed: ['i-web-5'] })).chosen).toEqual(['i-web-0']);
});
