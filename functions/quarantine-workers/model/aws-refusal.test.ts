import { expect, it } from 'vitest';
import { refusalOf } from '../../shared/runtime/aws-error.ts';

const answer = (name: string, $fault = 'client') => Object.assign(new Error('because'), { name, $fault });

it('tells what was refused for good, in words', () => {
  expect(refusalOf(answer('UnauthorizedOperation'))).toBe('UnauthorizedOperation: because');
});

it.each([
  ['a throttle', answer('RequestLimitExceeded')],
  ['an activity under way', answer('ScalingActivityInProgressFault')],
  ['tags that somebody else changes', answer('ConcurrentTagAccess')],
  ['a snapshot right after another', answer('SnapshotCreationPerVolumeRateExceeded')],
  ['credentials that ran out', answer('ExpiredToken')],
  ['a fault of the service', answer('InternalError', 'server')],
  ['the network', new Error('ECONNRESET')],
  ['what is no error', 'UnauthorizedOperation'],
])('takes %s for passing', (_what, error) => {
  expect(refusalOf(error)).toBeUndefined();
});
