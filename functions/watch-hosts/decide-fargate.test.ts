import { describe, expect, it } from 'vitest';
import type { Budget, EvictablePod } from '../shared/kubernetes/disruptions.ts';
import type { OtherNode } from '../shared/kubernetes/other-nodes.ts';
import { decideFargate } from './decide-fargate.ts';

const node = (name: string, kubeletVersion: string): OtherNode => ({
  name,
  kind: 'fargate',
  kubeletVersion,
  osImage: 'Amazon Linux 2',
  ready: true,
});

const pod = (name: string, nodeName: string, more: Partial<EvictablePod> = {}): EvictablePod => ({
  namespace: 'shop',
  name,
  uid: name,
  nodeName,
  labels: { app: 'api', 'pod-template-hash': '5d9' },
  owner: 'ReplicaSet api-5d9',
  staysOnNode: false,
  phase: 'Running',
  ready: true,
  terminating: false,
  hasLocalData: false,
  toleratesEverything: false,
  ...more,
});

const budget = (more: Partial<Budget> = {}): Budget => ({
  namespace: 'shop',
  name: 'api',
  selector: { matchLabels: { app: 'api' } },
  disruptionsAllowed: 0,
  currentHealthy: 2,
  desiredHealthy: 2,
  isObserved: true,
  evictsUnready: false,
  ...more,
});

const NOW = 'v1.34.4-eks-1a2b3c4';
const nodes = [node('n1', NOW), node('n2', NOW)];
const pods = [pod('api-1', 'n1'), pod('api-2', 'n2')];
const budgets: Budget[] = [];
const decided = (more: object = {}) => decideFargate('1.34', { kind: 'found', nodes, pods, budgets, ...more });

it('tells nothing of pods that run the newest platform, spread over replicas', () => {
  expect(decided()).toMatchObject({ decision: 'done', reason: 'fargate-well' });
});

describe('what is told of pods on Fargate', () => {
  it('names workloads whose Kubernetes version is older than that of the control plane', () => {
    const { message, details, ...decision } = decided({ nodes: [node('n1', NOW), node('n2', 'v1.33.9-eks-1a2b3c4')] });
    expect(decision).toMatchObject({ decision: 'refused', reason: 'fargate-behind' });
    expect(message).toBe(
      '1 pod on Fargate runs an older Kubernetes version than 1.34 of the control plane: Deployment shop/api (v1.33.9-eks-1a2b3c4).',
    );
    expect(details).toMatchObject({ behind: ['Deployment shop/api (v1.33.9-eks-1a2b3c4)'], older: [] });
  });

  it('names workloads whose patch is older than that of other pods, by number and not by letter', () => {
    const patches = ['v1.34.10-eks-1a2b3c4', 'v1.34.9-eks-1a2b3c4'];
    const { decision, reason, message } = decided({ nodes: [node('n1', patches[0]!), node('n2', patches[1]!)] });
    expect([decision, reason]).toEqual(['skipped', 'fargate-at-risk']);
    expect(message).toContain(`older platform than ${patches[0]}`);
    expect(message).toContain(`Deployment shop/api (${patches[1]})`);
  });

  it.each<[string, Partial<EvictablePod>, string]>([
    ['a Deployment', {}, 'Deployment shop/api'],
    ['a StatefulSet', { owner: 'StatefulSet db', labels: {} }, 'StatefulSet shop/db'],
    [
      'a pod without a controller',
      { owner: undefined, labels: {} } as unknown as Partial<EvictablePod>,
      'Pod shop/api-1',
    ],
  ])('names %s with a single replica', (_, more, name) => {
    expect(decided({ pods: [pod('api-1', 'n1', more)] })).toMatchObject({
      reason: 'fargate-at-risk',
      details: { singleReplicas: [name] },
    });
  });

  it('leaves out Jobs, and pods that have ended or are ending', () => {
    const job = pod('job-1', 'n1', { owner: 'Job report' });
    const others = [pod('x', 'n1', { phase: 'Succeeded' }), pod('y', 'n1', { terminating: true })];
    expect(decided({ pods: [...pods, job, ...others] }).reason).toBe('fargate-well');
  });

  it('names budgets that let no pod go even while all are well', () => {
    expect(decided({ budgets: [budget()] })).toMatchObject({ details: { budgets: ['shop/api'] } });
    expect(decided({ budgets: [budget({ desiredHealthy: 1 })] }).reason).toBe('fargate-well');
    expect(decided({ budgets: [budget({ namespace: 'other' })] }).reason).toBe('fargate-well');
    // Pods of the budget that run elsewhere may go.
    expect(decided({ budgets: [budget({ currentHealthy: 7, desiredHealthy: 4 })] }).reason).toBe('fargate-well');
  });

  it('is the same after a restart that changes names of pods alone, and while a version cannot be read', () => {
    const old = { nodes: [node('n1', 'v1.33.9'), node('n2', 'v1.33.9')] };
    const renamed = [pod('api-3', 'n1'), pod('api-4', 'n2')];
    expect(decided({ ...old, pods: renamed })).toEqual(decided(old));
    expect(decided({ nodes: [] }).reason).toBe('fargate-well');
  });
});
