import { expect, it } from 'vitest';
import { exposure, GROUPS, isolatedWorker, networkInterface, quarantine, worker } from './observation.fixture.ts';
import { isolationFaults, releaseFaults } from './remaining.ts';

const ipv6 = (primary: boolean) => [{ address: '2001:db8::1', primary }];
const closedWith = (overrides: object) =>
  isolatedWorker({ interfaces: [networkInterface({ groupIds: [GROUPS.closed], addresses: [], ...overrides })] });

it.each([
  ['nothing', quarantine(), isolatedWorker(), 0],
  ['its groups and its address', quarantine(), worker(), 2],
  ['its address only', quarantine({ kind: 'strip' }), worker(), 1],
  ['a further group', quarantine(), closedWith({ groupIds: [GROUPS.closed, 'sg-2'] }), 1],
  [
    'a rule of the closed group',
    quarantine(),
    isolatedWorker({ leaks: new Map([[GROUPS.closed, 'egress to ::/0']]) }),
    1,
  ],
  ['no rule of another group', quarantine(), isolatedWorker({ leaks: new Map([['sg-2', 'egress to ::/0']]) }), 0],
  ['an IPv6 address', quarantine(), closedWith({ ipv6: ipv6(false) }), 1],
  ['no primary IPv6 address behind the closed group', quarantine(), closedWith({ ipv6: ipv6(true) }), 0],
  [
    'a primary IPv6 address when somebody opened the closed group',
    quarantine(),
    { ...closedWith({ ipv6: ipv6(true) }), exposures: [exposure({ address: '2001:db8::1', kind: 'ipv6' })] },
    1,
  ],
  ['everything before its groups are known', { ...quarantine(), groups: undefined } as never, isolatedWorker(), 1],
])('keeps a worker from being isolated: %s', (_what, held, view, count) => {
  expect(isolationFaults(held, view)).toHaveLength(count);
});

it('lacks what was saved until it has it again, in the same order', () => {
  const saved = {
    targets: [],
    interfaces: [
      {
        id: 'eni-1',
        groups: ['sg-a', 'sg-b'],
        addresses: [
          { publicIp: '198.51.100.9', privateIp: '10.0.0.1', allocationId: 'eipalloc-1' },
          { publicIp: '198.51.100.8', privateIp: '10.0.0.1' },
        ],
        ipv6: ['2001:db8::1'],
      },
      { id: 'eni-gone', groups: ['sg-a'], addresses: [], ipv6: [] },
    ],
  };
  const held = quarantine({ saved });
  const swapped = worker({ interfaces: [networkInterface({ groupIds: ['sg-b', 'sg-a'], addresses: [] })] });
  expect(releaseFaults(held, swapped)).toEqual([
    'eni-1 lacks its groups',
    'eni-1 lacks 198.51.100.9',
    'eni-1 lacks 2001:db8::1',
  ]);
  const notes = { 'groups eni-1': 'lost', 'address 198.51.100.9': 'lost', 'address 2001:db8::1': 'lost' };
  expect(releaseFaults({ ...held, notes }, swapped)).toEqual([]);
  const addresses = [{ publicIp: '198.51.100.9', privateIp: '10.0.0.1', kind: 'elastic' as const }];
  const whole = networkInterface({ groupIds: ['sg-a', 'sg-b'], addresses, ipv6: ipv6(false) });
  expect(releaseFaults(held, worker({ interfaces: [whole] }))).toEqual([]);
});
