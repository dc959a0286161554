import { describe, expect, it } from 'vitest';
import { KubernetesAccessError, type KubernetesProblem } from '../shared/kubernetes/access-error.ts';
import { carryOutDrain, type DrainDeps } from './act-drain.ts';
import { decideDrain } from './decide-drain.ts';
import type { DrainState } from './drain-ledger.ts';
import { circumstances, drainOf, MINUTE, NOW, nodeWith, pod } from './observation.fixture.ts';
import type { DrainObservation } from './observation.ts';

/** Carries out what is decided about a node whose cluster answers with a problem once its pods are to leave. */
async function lookAt(observation: DrainObservation, problem: KubernetesProblem) {
  const trouble = async () => {
    throw new KubernetesAccessError(problem, 'The API server is troubled.');
  };
  return carryOutIn({ isolateNode: trouble, restoreNode: trouble }, observation);
}

async function carryOutIn(cluster: object, observation: DrainObservation) {
  const here = circumstances();
  let saved: DrainState = observation.state;
  const called: string[] = [];
  const deps = {
    autoScaling: {
      send: async (command: object) => {
        called.push(command.constructor.name);
        return { $metadata: {} };
      },
    },
    openCluster: async () => cluster,
    ledger: {
      table: 't',
      documents: {
        send: async ({ input: { Item } }: { input: { Item: DrainState } }) => {
          saved = Item;
        },
      },
    },
    recorder: { record: () => undefined },
    caller: 'one',
  };
  const wanted = decideDrain(observation, here);
  const decision = await carryOutDrain(deps as unknown as DrainDeps, observation, wanted, here);
  return { told: `${decision?.decision} ${decision?.reason}`, saved, called };
}

describe('a cluster that is troubled while a node is drained', () => {
  it('is doubt: the action stays alive, and since when is remembered', async () => {
    const { told, saved, called } = await lookAt(drainOf(), 'failed');
    expect([told, called]).toEqual(['waiting drain-in-doubt', ['RecordLifecycleActionHeartbeatCommand']]);
    expect(saved).toMatchObject({ open: true, doubtSince: NOW });
  });

  it('is told as a failure once that has lasted for a quarter of an hour, and after that, too', async () => {
    const since = NOW - 15 * MINUTE;
    const { told, saved } = await lookAt(drainOf({}, { doubtSince: since }), 'unreachable');
    expect([told, saved.doubtSince]).toEqual(['failed drain-obstructed', since]);
  });

  it('is told at once where the cluster has refused', async () => {
    const { told, saved } = await lookAt(drainOf(), 'forbidden');
    expect([told, saved.doubtSince]).toEqual(['failed drain-obstructed', undefined]);
  });

  it('leaves a node that is retained told as that', async () => {
    const retained = drainOf({ lifecycleState: 'Terminating:Retained' });
    const { told, saved } = await lookAt(retained, 'failed');
    expect([told, saved.retainedAt]).toEqual(['failed node-retained', NOW]);
  });

  it('does not end the drain of a node that serves again before that is given back', async () => {
    const node = { name: 'ip-10-0-0-1', unschedulable: false };
    const { told, saved } = await lookAt(drainOf({ lifecycleState: 'InService' }, { node }), 'throttled');
    expect([told, saved.open]).toEqual(['waiting drain-in-doubt', true]);
  });
});

it('counts pods that come back of a hundred owners at most, and evicts the others all the same', async () => {
  const pods = Array.from({ length: 150 }, (_, index) =>
    pod(`pod-${index}`, { cameBack: true, owner: `default/ReplicaSet/rs-${index}` }),
  );
  const evicted: string[] = [];
  const cluster = {
    isolateNode: async () => undefined,
    evict: async ({ name }: { name: string }) => {
      evicted.push(name);
      return 'evicted';
    },
  };
  const known = { 'default/ReplicaSet/rs-149': 1 };
  const { saved } = await carryOutIn(cluster, drainOf({ node: nodeWith(...pods) }, { comebacks: known }));
  expect(evicted).toHaveLength(150);
  expect(Object.keys(saved.comebacks ?? {})).toHaveLength(100);
  expect(saved.comebacks).toMatchObject({ 'default/ReplicaSet/rs-0': 1, 'default/ReplicaSet/rs-149': 2 });
});
