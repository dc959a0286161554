import { describe, expect, it } from 'vitest';
import { al2023 } from '../../../sandbox/account/ssm/node-systems.ts';
import { CHECKS, type CheckId } from '../../shared/posture/benchmark.ts';
import { readNode } from '../judge/node.ts';
import { NODES } from '../judge/nodes.fixture.ts';
import { compare } from './compare.ts';
import { kubeBenchJson } from './kube-bench.fixture.ts';
import { readKubeBench } from './report.ts';

const rowOf = (id: CheckId, rows: ReturnType<typeof compare>) => rows.find(({ check }) => check === id);

describe('compare', () => {
  it.each(NODES.filter(({ kubeBench }) => kubeBench !== undefined))(
    'names a cause for each difference to kube-bench: $name',
    ({ node, verdicts, kubeBench = {} }) => {
      const statuses = Object.fromEntries(
        CHECKS.map(({ id }) => [id, kubeBench[id] ?? (verdicts[id] === 'FAIL' ? 'FAIL' : 'PASS')]),
      );
      const rows = compare(readKubeBench(kubeBenchJson(statuses)), readNode(node));
      for (const id of Object.keys(kubeBench) as CheckId[]) {
        const row = rowOf(id, rows);
        expect({ id, why: row?.why }).toEqual({
          id,
          why: expect.not.stringContaining('does not see what the kubelet has'),
        });
        // Where the node decides, it is never left open who is right.
        expect({ id, right: row?.right }).toEqual({
          id,
          right: verdicts[id] === 'MANUAL' ? expect.stringMatching(/remediator|not known/) : 'remediator',
        });
      }
    },
  );

  it('agrees on AL2023 as it comes', () => {
    const rows = compare(readKubeBench(kubeBenchJson()), readNode(al2023()));
    expect(rows).toHaveLength(13);
    expect(rows.filter(({ right }) => right !== 'both')).toEqual([]);
  });

  it('says that eks-1.5.0 wants an event rate that nobody needs to give', () => {
    const rows = compare(readKubeBench(kubeBenchJson({ '3.2.7': 'FAIL' }, 'eks-1.5.0')), readNode(al2023()));
    expect(rowOf('3.2.7', rows)).toMatchObject({ right: 'remediator', why: expect.stringContaining('eks-1.5.0') });
  });

  it('knows the checks of CIS Kubernetes by their subject, and that 600 is not asked here', () => {
    const [controls] = kubeBenchJson().Controls;
    const test = {
      test_number: '4.1.9',
      test_desc:
        'If the kubelet config.yaml configuration file is being used validate permissions set to 600 or more restrictive',
      status: 'FAIL',
    };
    const theirs = readKubeBench({
      Controls: [{ ...controls, version: 'cis-1.10', tests: [{ section: '4.1', results: [test] }] }],
    });
    expect(compare(theirs, readNode(al2023()))).toMatchObject([
      { check: '3.1.3', right: 'remediator', why: expect.stringContaining('asks 600') },
    ]);
  });

  it('without the node names what would make it a false alarm, and decides nothing', () => {
    const rows = compare(readKubeBench(kubeBenchJson({ '3.2.9': 'FAIL' })), undefined);
    expect(rowOf('3.2.9', rows)).toMatchObject({
      right: 'not known',
      why: expect.stringContaining('serverTLSBootstrap'),
    });
  });

  it('leaves it open where the node shows nothing either', () => {
    const rows = compare(readKubeBench(kubeBenchJson()), readNode({ ...al2023(), files: [] }));
    expect(rowOf('3.1.1', rows)).toMatchObject({ right: 'not known' });
  });
});

describe('readKubeBench', () => {
  it('takes also the older shapes: a list of controls, and one by itself', () => {
    const { Controls } = kubeBenchJson();
    expect(readKubeBench(Controls)).toHaveLength(13);
    expect(readKubeBench(Controls[0])).toHaveLength(13);
  });

  it('passes by what is not about nodes', () => {
    const { Controls } = kubeBenchJson();
    const policies = { ...Controls[0], node_type: 'policies' };
    expect(readKubeBench({ Controls: [...Controls, policies] })).toHaveLength(13);
    expect(() => readKubeBench({ Controls: [policies] })).toThrow('--targets node');
  });

  it.each([
    [{}, 'it is no report of kube-bench'],
    [[], 'it has no results of nodes'],
    ['text', 'it is no report of kube-bench'],
    [kubeBenchJson({ '3.1.1': 'GOOD' }), 'must be PASS, FAIL, WARN or INFO'],
  ])('refuses %j', (input, message) => {
    expect(() => readKubeBench(input)).toThrow(message);
  });
});
