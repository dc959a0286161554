import { describe, expect, it } from 'vitest';
import { installerDaemonSet } from '../../functions/manage-ssm-agent/install/index.ts';
import type { Json } from './json.ts';
import { testCluster, testDaemonSet } from './kubernetes-test-cluster.ts';

const HOUSE = '/apis/apps/v1/namespaces/eks-host-remediator/daemonsets';
const spec = (manifest: Json) => manifest.spec as Json;

describe('server-side apply', () => {
  it('creates what is not there, then changes it, then finds nothing to change', async () => {
    const { apply } = testCluster();
    const created = await apply(testDaemonSet());
    expect(created).toMatchObject({
      code: 201,
      body: { metadata: { name: 'installer', namespace: 'eks-host-remediator', generation: 1 } },
    });
    const changed = await apply(testDaemonSet({}, { image: 'registry/installer:2' }));
    expect(changed).toMatchObject({
      code: 200,
      body: {
        metadata: { generation: 2 },
        spec: { template: { spec: { containers: [{ name: 'main', image: 'registry/installer:2' }] } } },
      },
    });
    const again = await apply(testDaemonSet({}, { image: 'registry/installer:2' }));
    expect(again.body.metadata).toEqual({
      ...(changed.body.metadata as Json),
      managedFields: [expect.objectContaining({ manager: 'tester' })],
    });
  });

  it('takes away what its manager no longer says, and leaves what others say', async () => {
    const { apply } = testCluster();
    await apply(testDaemonSet({ nodeSelector: { zone: 'a' }, hostPID: true }));
    const others = testDaemonSet({ hostPID: true, hostNetwork: true });
    expect(await apply(others, 'fieldManager=other')).toMatchObject({ code: 200 });
    const { body } = await apply(testDaemonSet());
    expect(spec(body)).toMatchObject({ template: { spec: { hostPID: true, hostNetwork: true } } });
    expect((spec(body).template as Json).spec).not.toHaveProperty('nodeSelector');
  });

  it('tells who manages which fields', async () => {
    const { apply } = testCluster();
    const { body } = await apply(testDaemonSet());
    expect((body.metadata as Json).managedFields).toEqual([
      {
        manager: 'tester',
        operation: 'Apply',
        apiVersion: 'apps/v1',
        time: '2026-07-14T06:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
            },
          },
        },
      },
    ]);
  });

  it('ends in a conflict where somebody else said otherwise, unless it is forced', async () => {
    const { call, apply } = testCluster();
    await call('POST', HOUSE, { body: testDaemonSet({}, { image: 'theirs' }) });
    const conflict = await apply(testDaemonSet({}, { image: 'ours' }));
    const field = '.spec.template.spec.containers[name="main"].image';
    expect(conflict).toMatchObject({
      code: 409,
      body: {
        reason: 'Conflict',
        message: `Apply failed with 1 conflict: conflict with "tester" using apps/v1: ${field}`,
        details: {
          causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "tester" using apps/v1', field }],
        },
      },
    });
    expect(await apply(testDaemonSet({}, { image: 'ours' }), 'fieldManager=tester&force=true')).toMatchObject({
      code: 200,
      body: { spec: { template: { spec: { containers: [{ image: 'ours' }] } } } },
    });
    expect(await apply(testDaemonSet({}, { image: 'third' }), 'fieldManager=tester')).toMatchObject({ code: 200 });
  });

  it('asks who applies', async () => {
    const answer = await testCluster().apply(testDaemonSet(), '');
    expect(answer).toMatchObject({
      code: 422,
      body: {
        message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      },
    });
  });

  it('needs its namespace', async () => {
    const { call } = testCluster();
    const body = { ...testDaemonSet(), metadata: { name: 'installer', namespace: 'nowhere' } };
    const path = '/apis/apps/v1/namespaces/nowhere/daemonsets/installer?fieldManager=tester';
    const answer = await call('PATCH', path, { body, contentType: 'application/apply-patch+yaml' });
    expect(answer).toMatchObject({ code: 404, body: { message: 'namespaces "nowhere" not found' } });
  });

  it("takes the project's installer as it is", async () => {
    const { apply } = testCluster();
    const manifest = installerDaemonSet({
      nodeNames: ['a', 'b'],
      region: 'eu-central-1',
      image: 'registry/installer:1',
    });
    expect(await apply(manifest, 'fieldManager=tester', 'ssm-agent-installer')).toMatchObject({ code: 201 });
  });
});

it.each(['application/json', 'text/plain', ''])('refuses a patch of content type "%s"', async (contentType) => {
  const answer = await testCluster().call('PATCH', `${HOUSE}/installer?fieldManager=tester`, {
    body: testDaemonSet(),
    contentType,
  });
  expect(answer).toMatchObject({
    code: 415,
    body: { reason: 'UnsupportedMediaType', message: expect.stringContaining('application/apply-patch+yaml') },
  });
});

describe('a manifest', () => {
  const withSpec = (parts: Json) => ({ ...testDaemonSet(), spec: { ...spec(testDaemonSet()), ...parts } });
  const fields = ({ body }: { body: Json }) =>
    ((body.details as Json).causes as Array<{ field: string }>).map(({ field }) => field);

  it.each([
    ['no selector', withSpec({ selector: undefined }), ['spec.selector']],
    [
      'a selector that does not match',
      withSpec({ selector: { matchLabels: { app: 'b' } } }),
      ['spec.template.metadata.labels'],
    ],
    ['no containers', testDaemonSet({ containers: [] }), ['spec.template.spec.containers']],
    [
      'containers without name and image',
      testDaemonSet({ containers: [{}, { name: 'B!', image: 'x' }] }),
      [
        'spec.template.spec.containers[0].name',
        'spec.template.spec.containers[0].image',
        'spec.template.spec.containers[1].name',
      ],
    ],
    [
      'a mount of no volume',
      testDaemonSet({ containers: [{ name: 'a', image: 'x', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }),
      ['spec.template.spec.containers[0].volumeMounts[0].name'],
    ],
    ['another restart policy', testDaemonSet({ restartPolicy: 'Never' }), ['spec.template.spec.restartPolicy']],
    ['a toleration without key', testDaemonSet({ tolerations: [{}] }), ['spec.template.spec.tolerations[0].operator']],
    [
      'several names in one field selector',
      testDaemonSet({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a', 'b'] }] }],
            },
          },
        },
      }),
      [
        'spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values',
      ],
    ],
  ])('with %s is invalid', async (_what, manifest, expected) => {
    const answer = await testCluster().apply(manifest);
    expect(answer).toMatchObject({
      code: 422,
      body: { reason: 'Invalid', details: { name: 'installer', group: 'apps', kind: 'DaemonSet' } },
    });
    expect(fields(answer)).toEqual(expected);
  });

  it.each([
    ['an unknown field', testDaemonSet({ hostPid: true }), 'unknown field "spec.template.spec.hostPid"'],
    ['a field of another type', testDaemonSet({ hostPID: 'yes' }), 'spec.template.spec.hostPID is not a boolean'],
    ['a map where a list belongs', testDaemonSet({ tolerations: {} }), 'spec.template.spec.tolerations is not a list'],
    ['another kind', { ...testDaemonSet(), kind: 'Deployment' }, 'do not match the expected ones'],
    ['another name', { ...testDaemonSet(), metadata: { name: 'other' } }, 'does not match the name on the URL'],
  ])('with %s is refused', async (_what, manifest, message) => {
    expect(await testCluster().apply(manifest)).toMatchObject({
      code: 400,
      body: { reason: 'BadRequest', message: expect.stringContaining(message) },
    });
  });

  it('that is no JSON is refused', async () => {
    const answer = await testCluster().call('PATCH', `${HOUSE}/installer?fieldManager=tester`, {
      body: 'kind: DaemonSet',
      contentType: 'application/apply-patch+yaml',
    });
    expect(answer).toMatchObject({ code: 400, body: { message: expect.stringContaining('error decoding') } });
  });

  it('can not change its selector', async () => {
    const { apply } = testCluster();
    await apply(testDaemonSet());
    const labels = { app: 'other' };
    const moved = withSpec({
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'x' }] } },
    });
    expect(await apply(moved)).toMatchObject({ code: 422, body: { message: expect.stringContaining('immutable') } });
  });
});

describe('a DaemonSet', () => {
  it('can be created once', async () => {
    const { call } = testCluster();
    expect(await call('POST', HOUSE, { body: testDaemonSet() })).toMatchObject({ code: 201 });
    expect(await call('POST', HOUSE, { body: testDaemonSet() })).toMatchObject({
      code: 409,
      body: { reason: 'AlreadyExists', message: 'daemonsets.apps "installer" already exists' },
    });
  });

  it('is listed, read and deleted', async () => {
    const { call, apply } = testCluster();
    await apply(testDaemonSet());
    const uid = ((await call('GET', `${HOUSE}/installer`)).body.metadata as Json).uid;
    expect((await call('GET', '/apis/apps/v1/daemonsets')).body.items).toMatchObject([{ metadata: { uid } }]);
    expect((await call('GET', HOUSE)).body.items).toHaveLength(1);
    expect(await call('DELETE', `${HOUSE}/installer?propagationPolicy=Background`)).toMatchObject({
      code: 200,
      body: { status: 'Success', details: { name: 'installer', group: 'apps', kind: 'daemonsets', uid } },
    });
    const gone = { code: 404, body: { reason: 'NotFound', message: 'daemonsets.apps "installer" not found' } };
    expect(await call('GET', `${HOUSE}/installer`)).toMatchObject(gone);
    expect(await call('DELETE', `${HOUSE}/installer`)).toMatchObject(gone);
  });
});
