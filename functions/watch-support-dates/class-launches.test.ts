import { expect, it } from 'vitest';
import { NEVER_SEEN } from '../shared/ledger/node-class-ledger.ts';
import { classLaunches } from './class-launches.ts';

it('only node classes of the cluster with remembered user data are launched from, each with who keeps it as code', () => {
  const userData = { embedded: [] };
  const states = new Map([
    ['shop/ec2nodeclass:own', { ...NEVER_SEEN, userData, codeOwner: 'Flux' }],
    ['shop/ec2nodeclass:plain', NEVER_SEEN],
    ['lab/ec2nodeclass:own', { ...NEVER_SEEN, userData }],
  ]);
  expect(classLaunches(states, 'shop')).toEqual([
    {
      cluster: 'shop',
      nodegroup: 'ec2nodeclass:own',
      sources: [
        {
          kind: 'node-class',
          name: 'EC2NodeClass own',
          id: 'own',
          details: { nodeClass: 'own' },
          codeOwner: 'Flux',
          userData,
        },
      ],
    },
  ]);
});
