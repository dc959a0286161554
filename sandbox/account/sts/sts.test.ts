import { expect, it } from 'vitest';
import { Random } from '../../time/random.ts';
import { VirtualTime } from '../../time/virtual-time.ts';
import { createSts } from './sts.ts';

const world = {
  accountId: '111122223333',
  region: 'eu-central-1',
  partition: 'aws',
  time: new VirtualTime(0),
  random: new Random(1),
  emit: () => {},
} as const;

it.each([
  [{ function: 'operator' }, 'arn:aws:iam::111122223333:user/operator'],
  [{ function: 'sweep-fleet', roleLogicalId: 'Role1' }, 'arn:aws:sts::111122223333:assumed-role/Role1/sweep-fleet'],
])('tells %o who it is', (caller, Arn) => {
  const known = createSts(world).operations.GetCallerIdentity;
  expect(known?.run({} as never, { caller, requestId: '' })).toMatchObject({ Account: '111122223333', Arn });
});
