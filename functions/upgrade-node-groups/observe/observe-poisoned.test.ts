import { EKSClient } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { findUpdating } from './observe.ts';
import { observeForeign, observeUpdate } from './observe-update.ts';

/** Errors by which AWS fails without saying that a retry is in vain. */
const FAILURES = ['ServiceUnavailableException', 'ServerException', 'ThrottlingException', 'TimeoutError'];
const KEY = { cluster: 'shop', nodegroup: 'poisoned' };
const NOW = Date.parse('2026-07-20T12:00:00Z');

/** An EKS that knows two groups, both being updated, and fails at each read of the named one. */
function eksThatFailsBy(name: string): EKSClient {
  const eks = new EKSClient({ region: 'eu-central-1' });
  eks.send = async ({ input }: { input: { nodegroupName?: string } }) => {
    if (input.nodegroupName === KEY.nodegroup) throw Object.assign(new Error('no'), { name, $metadata: {} });
    return input.nodegroupName === undefined
      ? { nodegroups: [KEY.nodegroup, 'well'] }
      : { nodegroup: { nodegroupName: input.nodegroupName, status: 'UPDATING' } };
  };
  return eks;
}

describe.each(FAILURES)('a group at which each read fails with %s', (code) => {
  const eks = eksThatFailsBy(code);

  it.each([
    ['an upgrade whose update is known', { updateId: 'u-1' }],
    ['an upgrade whose update is not known', {}],
  ])('is told as unreadable where it has %s: nothing is thrown, which would hold up its batch', async (_, update) => {
    const upgrade = { releaseVersion: '1.33.13-20260714', attempt: 1, requestedAt: NOW, ...update };
    expect(await observeUpdate(eks, KEY, upgrade)).toMatchObject({ kind: 'unreadable', code });
  });

  it("is told as unreadable where somebody else's update may run on it", async () => {
    expect(await observeForeign(eks, KEY, undefined, NOW)).toMatchObject({ kind: 'unreadable', code });
  });

  it('hides no other group that is being updated', async () => {
    expect(await findUpdating(eks, 'shop', new Set())).toEqual([{ cluster: 'shop', nodegroup: 'well' }]);
  });
});
