import { type Judgement, judged } from '../../shared/posture/verdict.ts';
import { type Host, isBottlerocket, NOT_GATHERED } from './host.ts';

/** Systems with AppArmor instead of SELinux. */
const APPARMOR = new Set(['ubuntu', 'debian', 'opensuse-leap', 'sles']);

/**
 * Whether the kernel confines processes at all. AL2 and AL2023 do not enforce, and cannot simply be made to: there is no
 * container-selinux on AL2023, and nodeadm fails under it (awslabs/amazon-eks-ami, issue 2006). So nothing begins there
 * that nobody can end: it is said beside the way out.
 */
export function judgeMandatoryAccess(host: Host): Judgement {
  const { os, selinux, apparmor } = host;
  if (isBottlerocket(host)) return judgeReported(host);
  if (APPARMOR.has(os)) {
    if (apparmor === undefined) return judged('MANUAL', NOT_GATHERED);
    return judged(apparmor ? 'PASS' : 'FAIL', `AppArmor is ${apparmor ? 'on' : 'off'}; the system has no SELinux`);
  }
  if (selinux === undefined) return judged('MANUAL', NOT_GATHERED);
  const { mode, configured, policy, booleans } = selinux;
  const state = `SELinux is ${mode}${policy === '' ? '' : `, policy ${policy}`}`;
  const next = configured === '' || configured === mode ? [] : [`after the next start it is ${configured}`];
  const on = booleans.length === 0 ? [] : [`booleans that are on: ${booleans.join(', ')}`];
  if (mode === 'enforcing') return judged('PASS', state, ...next, ...on);
  if (os === 'al2023' || os === 'al2')
    return judged('MANUAL', `${state}, as ${os} comes: enforcing breaks it (awslabs/amazon-eks-ami#2006)`, ...next);
  return judged('FAIL', state, ...next);
}

/** Bottlerocket says it of itself: check 1.5.1 of its own CIS benchmark. */
function judgeReported({ report }: Host): Judgement {
  const result = Object.values(report?.cis?.results ?? {}).find(({ id }) => id === '1.5.1');
  if (result?.status !== 'PASS' && result?.status !== 'FAIL')
    return judged('MANUAL', 'report cis does not tell of 1.5.1 (SELinux enforces)');
  return judged(result.status, `report cis, 1.5.1 (SELinux enforces): ${result.status}`);
}

/** Types of processes that nothing confines (container-selinux; bottlerocket-core-kit, packages/selinux-policy). */
const UNCONFINED = new Set(['spc_t', 'unconfined_t', 'unconfined_service_t', 'super_t', 'control_t']);

/**
 * How processes of pods are confined. Privileged pods run unconfined, and a node of EKS has some of its own (kube-proxy, the
 * CNI): so that is said, for somebody to look at. A level without categories reaches all others, and one that two pods
 * have was given by hand: these fail.
 */
export function judgeConfinement(host: Host): Judgement {
  if (isBottlerocket(host)) return judged('MANUAL', 'the control container does not see the processes of pods');
  if (host.selinux?.mode !== 'enforcing') return judged('N/A', 'the host does not enforce SELinux');
  if (host.labels === undefined) return judged('MANUAL', NOT_GATHERED);
  const read = host.labels.map(({ label, pods, processes }) => {
    const [, , type = '', ...level] = label.split(':');
    return { label, type, level: level.join(':'), pods, count: `${processes} processes` };
  });
  const confined = read.filter(({ type }) => !UNCONFINED.has(type));
  const byHand = confined.filter(({ level, pods = 1 }) => /^s0(-s0)?$/.test(level) || (/:c/.test(level) && pods > 1));
  const faults = byHand.map(({ label, pods = 1, count }) =>
    pods > 1 ? `${label}: a level that ${pods} pods share` : `${label}: a level without categories, ${count}`,
  );
  const loose = read
    .filter(({ type }) => UNCONFINED.has(type))
    .map(({ label, count }) => `${label}: ${count} unconfined`);
  if (faults.length > 0) return judged('FAIL', ...faults, ...loose);
  if (loose.length > 0) return judged('MANUAL', ...loose);
  return judged('PASS', `all processes of pods are confined, by ${read.length} labels`);
}

/** A label that a pod asks for counts where the host enforces and the runtime gives labels at all (containerd, enable_selinux). */
export function judgeLabels(host: Host): Judgement {
  if (isBottlerocket(host)) return judged('PASS', 'Bottlerocket sets enable_selinux');
  if (APPARMOR.has(host.os)) return judged('N/A', 'the system has no SELinux: seLinuxOptions of pods do nothing');
  if (host.selinux === undefined) return judged('MANUAL', NOT_GATHERED);
  const { mode, runtime } = host.selinux;
  if (mode !== 'enforcing') return judged('MANUAL', `SELinux is ${mode}: seLinuxOptions of pods do nothing`);
  if (runtime === null) return judged('MANUAL', "containerd's configuration was not found");
  return runtime
    ? judged('PASS', 'containerd has enable_selinux = true')
    : judged('FAIL', 'containerd has enable_selinux = false, its default: seLinuxOptions of pods do nothing');
}
