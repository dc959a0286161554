import { describe, expect, it } from 'vitest';
import * as amiRelease from '../../events/eks-ami-release.ts';
import * as request from '../../events/remediation-request.ts';
import * as upgradeReconcileRequest from '../../events/upgrade-reconcile-request.ts';
import { readBatch } from './batch.ts';
import { sqsRecord } from './sqs-record.fixture.ts';

const reconcile = (detail: object, id = 'h-1') => sqsRecord({ ...upgradeReconcileRequest.sample, id, detail });

describe('readBatch', () => {
  it('takes ten requests about one place for one, and keeps the first as its trigger', () => {
    const detail = { trigger: 'sweep', clusterName: 'shop', nodegroupName: 'general' };
    const { scope, malformed } = readBatch(Array.from({ length: 10 }, (_, n) => reconcile(detail, `h-${n}`)));
    expect(malformed).toEqual([]);
    expect([...scope.nodeGroups]).toEqual([
      [
        'shop/general',
        {
          key: { cluster: 'shop', nodegroup: 'general' },
          trigger: {
            id: 'h-0',
            type: 'Upgrade Reconcile Request (sweep)',
            time: Date.parse(upgradeReconcileRequest.sample.time),
            redelivered: false,
          },
        },
      ],
    ]);
  });

  it('sends a request without a node group to what the cluster has beside them', () => {
    const { scope } = readBatch([reconcile({ trigger: 'sweep', clusterName: 'shop' })]);
    expect([...scope.clusters.keys()]).toEqual(['shop']);
    expect(scope.nodeGroups.size).toBe(0);
  });

  it('sends a release to its pair', () => {
    const { scope } = readBatch([sqsRecord(amiRelease.sample)]);
    expect([...scope.pairs.keys()]).toEqual(['1.33/AL2023_x86_64_STANDARD']);
  });

  it("takes an operator's request for a request at its node group, and a further one for a reconcile of its own", () => {
    const ask = (id: string, nodegroupName = 'web') =>
      sqsRecord({ ...request.sample, id, detail: { ...request.sample.detail, nodegroupName } });
    const messages = [ask('r-1'), ask('r-2'), ask('r-3', 'other')];
    const { scope, malformed, later } = readBatch(messages);
    expect(malformed).toEqual([]);
    expect([...scope.nodeGroups.keys()]).toEqual(['shop/web', 'shop/other']);
    expect([...scope.requests.values()].map(({ trigger }) => trigger.id)).toEqual(['r-1', 'r-3']);
    expect(later).toEqual([messages[1]]);
  });

  it('works with members that are not known yet', () => {
    const detail = { ...amiRelease.sample.detail, severity: 'HIGH' };
    const { scope, malformed } = readBatch([sqsRecord({ ...amiRelease.sample, traceHeader: 'x', detail })]);
    expect(malformed).toEqual([]);
    expect(scope.pairs.size).toBe(1);
  });

  it.each([
    ['not JSON', '{', 'the body is not JSON'],
    ['JSON but no event', 'null', 'detail-type: must be'],
    ['somebody else’s event', { ...amiRelease.sample, 'detail-type': 'EKS AMI' }, 'detail-type: must be'],
    ['from somebody else', { ...amiRelease.sample, source: 'aws.eks' }, 'source: '],
    ['without a time', { ...amiRelease.sample, time: undefined }, 'time: '],
    ['without a version', { ...amiRelease.sample, detail: { amiType: 'X' } }, 'detail.kubernetesVersion: '],
    [
      'for another function',
      {
        ...request.sample,
        detail: {
          remediation: 'quarantine-workers',
          action: 'approve',
          instanceId: 'i-1',
          why: 'seen',
          requestedBy: 'me',
        },
      },
      'detail.remediation: must be upgrade-node-groups',
    ],
    [
      'with an odd trigger',
      { ...upgradeReconcileRequest.sample, detail: { trigger: 'x', clusterName: 'a' } },
      'detail.trigger: ',
    ],
    [
      'with an empty cluster',
      { ...upgradeReconcileRequest.sample, detail: { trigger: 'sweep', clusterName: '' } },
      'detail.clusterName: ',
    ],
  ])('puts a message that is %s aside, alone, and names the field', (_what, body, fault) => {
    const { scope, malformed } = readBatch([sqsRecord(body), sqsRecord(upgradeReconcileRequest.sample)]);
    expect(malformed).toMatchObject([{ fault: expect.stringContaining(fault) }]);
    expect([...scope.nodeGroups.keys()]).toEqual(['shop/general']);
  });
});
