import { CHECKS, type CheckId } from '../../shared/posture/benchmark.ts';
import { type Judgement, type Judgements, judged } from '../../shared/posture/verdict.ts';
import { EffectiveConfig } from './effective-config.ts';
import { FileTree } from './file-tree.ts';
import { judgeDropIns, judgeFile } from './judge-files.ts';
import { judgeReport } from './judge-report.ts';
import { judgeSettings } from './judge-settings.ts';
import { isWindows, type Node } from './node.ts';

/**
 * Judges a node by the node section of the CIS Amazon EKS Benchmark, and by one additional check of this project. Pure.
 *
 * The kubelet's own argv and files take precedence over Bottlerocket's report, which knows neither flags nor drop-ins;
 * the report fills in what they leave open. No check passes without evidence.
 */
export function judge(node: Node): Judgements {
  if (isWindows(node)) return all(judged('N/A', 'the benchmark has no checks for Windows nodes'));
  const byNode = judgeKubelet(node);
  const byReport = node.report?.['cis-k8s'] === undefined ? {} : judgeReport(node.report['cis-k8s']);
  return record((id) => {
    const own = byNode[id];
    const reported = byReport[id];
    if (own.verdict !== 'MANUAL' || reported === undefined || reported.verdict === 'MANUAL')
      return reported === undefined ? own : { ...own, evidence: [...own.evidence, ...reported.evidence] };
    return reported;
  });
}

function judgeKubelet(node: Node): Judgements {
  const tree = new FileTree(node.files);
  const config = EffectiveConfig.of(node, tree);
  if (config === undefined)
    return all(judged('MANUAL', 'no kubelet was seen, so neither its flags nor its files are known'));
  const kubeconfig = judgeFile('kubeconfig', config, tree);
  const file = judgeFile('config', config, tree);
  return {
    '3.1.1': kubeconfig.mode,
    '3.1.2': kubeconfig.owner,
    '3.1.3': file.mode,
    '3.1.4': file.owner,
    ...judgeSettings(config, minorOf(node)),
    'EHR.1': judgeDropIns(config, tree),
  };
}

function minorOf({ kubernetesVersion }: Node): number | undefined {
  const [, minor] = /^v?1\.(\d+)/.exec(kubernetesVersion ?? '') ?? [];
  return minor === undefined ? undefined : Number(minor);
}

const all = (judgement: Judgement): Judgements => record(() => judgement);

const record = (of: (id: CheckId) => Judgement): Judgements =>
  Object.fromEntries(CHECKS.map(({ id }) => [id, of(id)])) as Record<CheckId, Judgement>;
