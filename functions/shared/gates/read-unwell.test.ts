import { expect, it } from 'vitest';
import { createUnwellReader } from './read-unwell.ts';
import { sinceFirstSeen, workloadGate } from './workload-gate.ts';

it.each([
  ['cannot be described because EKS is busy', { mayPass: true as const }, true],
  ['does not let itself be described', {}, false],
])(
  'a cluster that %s closes the gate, as doubt only where nobody has refused anything',
  async (_what, more, isThrottled) => {
    const read = createUnwellReader(async () => ({ refused: 'Code: not now.', ...more }));
    const gate = workloadGate(new Map([['shop', await read('shop')]]), sinceFirstSeen(0), 0);
    expect(gate).toMatchObject({ reason: 'gate-unreadable', isThrottled });
  },
);
