import { describe, expect, it } from 'vitest';
import { detailType, sample } from '../../events/health-planned-lifecycle.ts';
import { deadLetterCount, HOUR, playThrough, start } from '../../test/harness.ts';
import { deniedCalls } from '../../test/iam.ts';
import { cluster, messagesOf, notified, policy, told, versions } from './watching.fixture.ts';

const fleet = {
  ...versions,
  clusters: [
    cluster('extended', '1.33'),
    cluster('standard', '1.33', { supportType: 'STANDARD' }),
    cluster('upgraded', '1.33', { controlPlaneUpdates: [{ at: '+30h', type: 'VersionUpdate', version: '1.34' }] }),
    cluster('old', '1.31'),
    cluster('left-alone', '1.31', { tags: { 'eks-host-remediator:ignore': '' } }),
  ],
};

describe('the support of the Kubernetes versions of clusters', () => {
  it('is told of, again two weeks before it ends, until the control plane is upgraded', async () => {
    const run = await playThrough({
      fleet: { ...fleet, startsAt: '2026-07-13T00:00:00Z' },
      policy,
      play: '3d',
      inProcess: true,
    });
    expect(told(run)).toEqual([
      '07-14 extended refused support-ends',
      '07-14 old refused extended-support',
      '07-14 standard refused support-ends',
      '07-14 upgraded refused support-ends',
      '07-15 extended refused support-ends-soon',
      '07-15 standard refused support-ends-soon',
      '07-15 upgraded done support-lasts',
    ]);
    expect(messagesOf(run, 'standard')).toEqual(
      Array(2).fill(
        'Standard support of Kubernetes 1.33 ends on 2026-07-29. EKS then upgrades the control plane by itself, since the cluster is set to standard support.',
      ),
    );
    expect(messagesOf(run, 'extended').at(-1)).toBe(
      'Standard support of Kubernetes 1.33 ends on 2026-07-29. From then on AWS charges more for each hour of the cluster, until extended support ends on 2027-07-29.',
    );
    expect(messagesOf(run, 'old').at(-1)).toBe(
      'Kubernetes 1.31 has been in extended support since 2025-11-26: AWS charges more for each hour of the cluster. It ends on 2026-11-26.',
    );
    expect(notified(run, 'standard')).toBe(2);
    expect(run.errors).toEqual([]);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });

  it('is told of when it has ended', async () => {
    const run = await playThrough({
      fleet: { ...fleet, startsAt: '2026-07-27T12:00:00Z', clusters: fleet.clusters.slice(0, 2) },
      policy,
      play: '3d',
      inProcess: true,
    });
    expect(told(run).filter((line) => line.startsWith('07-29'))).toEqual([
      '07-29 extended done support-told-before',
      '07-29 extended refused extended-support',
      '07-29 standard refused support-ended',
    ]);
    expect(messagesOf(run, 'standard').at(-1)).toBe(
      'Standard support of Kubernetes 1.33 ended on 2026-07-29. EKS upgrades the control plane by itself, on a day of its own choice.',
    );
    expect(notified(run, 'standard')).toBe(2);
    // The incident of standard support ended, and that of extended support began.
    expect(notified(run, 'extended')).toBe(3);
  });
});

describe('what AWS Health plans for clusters', () => {
  const planned = (clusters: readonly string[], others: object = {}) => ({
    ...sample,
    'detail-type': detailType,
    detail: {
      ...sample.detail,
      affectedEntities: clusters.map((name) => ({
        entityValue: `arn:aws:eks:eu-central-1:111122223333:cluster/${name}`,
        status: 'PENDING',
      })),
      ...others,
    },
  });

  it('is not lost where the policy is invalid or the function dies: it waits in a dead-letter queue', async () => {
    const run = await start({ fleet, policy: '{', play: '1h', inProcess: true });
    await run.account.putEvent(planned(['old']));
    await run.account.play(HOUR);
    expect(told(run)).toEqual([]);
    expect(deadLetterCount(run)).toBe(1);
  });

  it('is told with the support although the section about authorities is invalid, which an alarm tells', async () => {
    const ending = { authorities: { margin: 'soon' }, scope: { clusters: ['old'] } };
    const run = await start({ fleet, policy: { ...policy, ...ending }, play: '1h', inProcess: true });
    await run.account.putEvent(planned(['old', 'standard']));
    await run.account.play(HOUR);
    expect(told(run)).toEqual(['07-01 old refused change-planned', '07-01 old refused extended-support']);
    expect(deadLetterCount(run)).toBe(0);
    const published = run.account.cloudWatch.metrics.published.map(({ id }) => id.name);
    expect(published).toContain('PolicyInvalid');
  });

  it('ends with the cluster, takes no older word for a newer one, and stays beside what is told of support', async () => {
    const run = await start({ fleet, policy, play: '1h', inProcess: true });
    const closed = { statusCode: 'closed' };
    const send = async (detail: object, id: string, time: string) => {
      await run.account.putEvent({ ...planned(['old'], detail), id: `9f0c8f1e-6c1b-4a55-8f5e-2b6f1f0a9d${id}`, time });
      await run.account.play(HOUR);
    };
    await send({}, '41', '2026-07-14T18:00:00Z');
    await send(closed, '42', '2026-07-14T20:00:00Z');
    await send({}, '43', '2026-07-14T19:00:00Z');
    expect(told(run)).toEqual([
      '07-01 extended refused support-ends',
      '07-01 old done change-over',
      '07-01 old refused change-planned',
      '07-01 old refused extended-support',
      '07-01 standard refused support-ends',
      '07-01 upgraded refused support-ends',
    ]);
    // A past plan does not hide a present one.
    const checks = run.records.filter(({ cluster }) => cluster === 'old').map(({ details }) => details?.check);
    expect(new Set(checks).size).toBe(2);
  });

  it('is told once for each cluster that is there and is not left alone, and ends when AWS Health closes it', async () => {
    const run = await start({ fleet, policy, play: '1h', inProcess: true });
    await run.account.putEvent(planned(['old', 'missing', 'left-alone']));
    await run.account.play(HOUR);
    await run.account.putEvent({ ...planned(['old']), id: '9f0c8f1e-6c1b-4a55-8f5e-2b6f1f0a9d32' });
    await run.account.play(HOUR);
    const health = () => told(run).filter((line) => line.includes('change-'));
    expect(health()).toEqual(['07-01 old refused change-planned']);
    expect(messagesOf(run, 'old')).toContain(
      'AWS Health plans AWS_EKS_PLANNED_LIFECYCLE_EVENT for the cluster. It begins on 2026-07-29.',
    );
    const closed = planned(['old'], { statusCode: 'closed' });
    await run.account.putEvent({ ...closed, id: '9f0c8f1e-6c1b-4a55-8f5e-2b6f1f0a9d33' });
    await run.account.play(HOUR);
    expect(health()).toEqual(['07-01 old done change-over', '07-01 old refused change-planned']);
    expect(run.errors).toEqual([]);
  });
});
