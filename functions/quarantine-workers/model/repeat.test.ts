import type { Instance } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { originOf } from './decision.ts';
import { GROUPS, NOW, quarantine } from './observation.fixture.ts';
import { NEVER_SEEN, type Quarantine, type QuarantineState } from './quarantine-ledger.ts';
import { isRepeat } from './repeat.ts';

const TRIGGER = { id: 'e-1', type: 'EC2 Instance State-change Notification', time: NOW, redelivered: false };
const PUBLIC = { PrivateIpAddress: '10.0.0.1', Association: { PublicIp: '198.51.100.1', IpOwnerId: 'amazon' } };

interface Case {
  readonly triggers?: ReadonlyArray<Partial<typeof TRIGGER>>;
  readonly quarantine?: Partial<Quarantine>;
  readonly state?: Partial<QuarantineState>;
  readonly instance?: Instance;
  readonly nic?: object;
  readonly namedAgain?: readonly string[];
}

function judged({ triggers = [{}], quarantine: held, state, instance, nic, namedAgain = [] }: Case): boolean {
  const shown: Instance = {
    InstanceId: 'i-1',
    State: { Name: 'running' },
    NetworkInterfaces: [{ NetworkInterfaceId: 'eni-1', Groups: [{ GroupId: GROUPS.closed }], ...nic }],
    ...instance,
  };
  const remembered = { ...NEVER_SEEN, quarantine: quarantine({ by: originOf(TRIGGER), ...held }), ...state };
  return isRepeat(
    { instanceId: 'i-1', instance: shown, triggers: triggers.map((each) => ({ ...TRIGGER, ...each })) },
    remembered,
    { namedAgain: new Set(namedAgain) },
    { now: NOW },
  );
}

it.each<[string, Case]>([
  ['a worker that stands as its quarantine left it', {}],
  ['one that was named by its instance and by its interface', { triggers: [{}, {}] }],
  ['one of which a look is due later', { state: { lookAt: NOW + 1 } }],
  [
    'a primary IPv6 address behind the closed group, which EC2 lets nobody take',
    {
      nic: { Ipv6Addresses: [{ Ipv6Address: '2001:db8::1', IsPrimaryIpv6: true }] },
    },
  ],
  [
    'one of which only addresses were taken',
    { quarantine: { kind: 'strip' }, nic: { Groups: [{ GroupId: 'sg-nodes' }] } },
  ],
])('is a repeat: %s', (_what, given) => {
  expect(judged(given)).toBe(true);
});

it.each<[string, Case]>([
  ['another event', { triggers: [{ id: 'e-2' }] }],
  ['another event beside it', { triggers: [{}, { id: 'e-2' }] }],
  ['another event that names the same instance', { namedAgain: ['i-1'] }],
  ['a message that comes back, as its reconcile did not end', { triggers: [{ redelivered: true }] }],
  ['a worker that was released', { state: { quarantine: undefined } as never }],
  ['a quarantine that is not through', { quarantine: { phase: 'isolating' } }],
  ['a release under way', { quarantine: { phase: 'releasing' } }],
  ['a termination under way', { quarantine: { phase: 'terminating' } }],
  ['a quarantine that has run out', { quarantine: { expiresAt: NOW } }],
  ['a quarantine that somebody undid', { quarantine: { undone: { count: 1, firstAt: NOW, lastAt: NOW } } }],
  ['a quarantine of which only tags tell', { quarantine: { found: 'tagged' } }],
  ['a request that is being granted', { quarantine: { request: { id: 'r', requestedBy: 'me', why: 'mine' } } }],
  ['another reconcile that acts right now', { state: { lease: { holder: 'another', until: NOW + 1 } } }],
  ['a look that is due', { state: { lookAt: NOW } }],
  ['a public address', { nic: { PrivateIpAddresses: [PUBLIC] } }],
  ['an IPv6 address', { nic: { Ipv6Addresses: [{ Ipv6Address: '2001:db8::1' }] } }],
  ['an IPv6 prefix', { nic: { Ipv6Prefixes: [{ Ipv6Prefix: '2001:db8::/80' }] } }],
  [
    'an IPv6 address of a worker that is in no closed group',
    {
      quarantine: { kind: 'strip' },
      nic: { Ipv6Addresses: [{ Ipv6Address: '2001:db8::1', IsPrimaryIpv6: true }] },
    },
  ],
  ['another security group', { nic: { Groups: [{ GroupId: 'sg-nodes' }] } }],
  ['a further security group', { nic: { Groups: [{ GroupId: GROUPS.closed }, { GroupId: 'sg-nodes' }] } }],
  ['interfaces of pods, which are not shown', { nic: { InterfaceType: 'trunk' } }],
  ['an instance that is gone', { instance: { State: { Name: 'terminated' } } }],
  ['an instance that is stopped', { instance: { State: { Name: 'stopped' } } }],
])('needs a whole look: %s', (_what, given) => {
  expect(judged(given)).toBe(false);
});
