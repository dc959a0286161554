import { type Judgement, judged, type Verdict } from '../../shared/posture/verdict.ts';
import { type Host, isBottlerocket, NOT_GATHERED } from './host.ts';
import type { Pods } from './observe-pods.ts';
import { askingForLabels, looseIn, reachesAll, sharedLevelsIn, UNCONFINED } from './pod-findings.ts';

/** Systems with AppArmor instead of SELinux. */
const APPARMOR = new Set(['ubuntu', 'debian', 'opensuse-leap', 'sles']);

/** Whether AppArmor counts: SLES and openSUSE Leap have SELinux instead from 16 on, and others may be set up so. */
const hasAppArmor = ({ os, selinux, apparmor }: Host): boolean =>
  APPARMOR.has(os) && (apparmor === true || (selinux?.mode ?? 'disabled') === 'disabled');

/**
 * Judges whether the kernel confines processes at all. AL2 and AL2023 do not enforce and cannot simply be made to:
 * AL2023 has no container-selinux, and nodeadm fails under it (awslabs/amazon-eks-ami, issue 2006). No finding begins
 * there, since nobody could end it; the evidence names the alternative.
 */
export function judgeMandatoryAccess(host: Host): Judgement {
  const { os, selinux, apparmor } = host;
  if (isBottlerocket(host)) return judgeReported(host);
  if (hasAppArmor(host)) {
    if (apparmor === undefined) return judged('MANUAL', NOT_GATHERED);
    return judged(apparmor ? 'PASS' : 'FAIL', `AppArmor is ${apparmor ? 'on' : 'off'}; the system has no SELinux`);
  }
  if (selinux === undefined) return judged('MANUAL', NOT_GATHERED);
  const { mode, configured, policy, booleans } = selinux;
  const state = `SELinux is ${mode}${policy === '' ? '' : `, policy ${policy}`}`;
  const next = configured === '' || configured === mode ? [] : [`after the next start it is ${configured}`];
  const on = booleans.length === 0 ? [] : [`booleans that are on: ${booleans.join(', ')}`];
  // CIS asks for both: the mode that runs, and the one after the next start (CIS Amazon Linux 2023, 1.6.1.5).
  if (mode === 'enforcing') return judged(next.length === 0 ? 'PASS' : 'FAIL', state, ...next, ...on);
  if (os === 'al2023' || os === 'al2')
    return judged('MANUAL', `${state}, as ${os} comes: enforcing breaks it (awslabs/amazon-eks-ami#2006)`, ...next);
  return judged('FAIL', state, ...next);
}

/** The type that containers get unless somebody asks for another. */
const CONTAINER = 'container_t';

/** Judges by Bottlerocket's own report: check 1.5.1 of its CIS benchmark. */
function judgeReported({ report }: Host): Judgement {
  const result = Object.values(report?.cis?.results ?? {}).find(({ id }) => id === '1.5.1');
  if (result?.status !== 'PASS' && result?.status !== 'FAIL')
    return judged('MANUAL', 'report cis does not tell of 1.5.1 (SELinux enforces)');
  return judged(result.status, `report cis, 1.5.1 (SELinux enforces): ${result.status}`);
}

/**
 * Judges how containers are confined: by the pods' specifications where the cluster grants access, and by the labels of
 * processes that the script saw. Privileged pods run unconfined, and an EKS node has some of its own (kube-proxy, the
 * CNI), so a person must look at them. A level without categories reaches all others, and a level of two pods was set
 * by hand. Both fail where the host enforces.
 */
export function judgeConfinement(host: Host, pods: Pods): Judgement {
  const byProcesses = judgeProcesses(host);
  if ('untold' in pods) {
    const { verdict, evidence } = byProcesses;
    return judged(verdict, ...evidence, `what pods ask for is not known: ${pods.untold}`);
  }
  const enforces = isBottlerocket(host) || host.selinux?.mode === 'enforcing';
  const shared = enforces ? sharedLevelsIn(pods.found) : [];
  const loose = looseIn(pods.found, { hasAppArmor: hasAppArmor(host) });
  const { verdict, evidence } = byProcesses;
  if (shared.length > 0) return judged('FAIL', ...shared, ...loose);
  if (verdict === 'FAIL') return judged('FAIL', ...evidence, ...loose);
  if (loose.length > 0) return judged('MANUAL', ...loose);
  // The pods' specifications count even where the processes could not be seen.
  if (verdict === 'MANUAL' && (isBottlerocket(host) || host.labels === undefined))
    return judged('PASS', 'no pod asks to be privileged or unconfined');
  return judged(verdict, ...evidence, 'no pod asks to be privileged or unconfined');
}

function judgeProcesses(host: Host): Judgement {
  if (isBottlerocket(host)) return judged('MANUAL', 'the control container does not see the processes of pods');
  if (host.selinux?.mode !== 'enforcing') return judged('N/A', 'the host does not enforce SELinux');
  const { permissive } = host.selinux;
  const watched = permissive
    .filter((type) => type === CONTAINER || host.labels?.some(({ label }) => label.split(':')[2] === type))
    .map((type) => `${type} is a permissive domain: the policy stops none of its processes`);
  if (host.labels === undefined)
    return watched.length > 0 ? judged('FAIL', ...watched) : judged('MANUAL', NOT_GATHERED);
  const read = host.labels.map(({ label, pods, processes, names = [] }) => {
    const [, , type = '', ...level] = label.split(':');
    const more = names.length < (pods ?? 0) ? ' and others' : '';
    const named = (joint: string): string => (names.length === 0 ? '' : `${joint}${names.join(', ')}${more}`);
    return { label, type, level: level.join(':'), pods, count: `${processes} processes`, named };
  });
  const confined = read.filter(({ type }) => !UNCONFINED.has(type));
  const byHand = confined.filter(({ level, pods = 1 }) => reachesAll(level) || (/:c/.test(level) && pods > 1));
  const faults = byHand.map(({ label, level, pods = 1, count, named }) => {
    if (pods > 1) return `${label}: a level that ${pods} pods share${named(': ')}`;
    return `${label}: a level ${level.includes('c') ? 'with all' : 'without'} categories, ${count}${named(' of ')}`;
  });
  faults.unshift(...watched);
  const loose = read
    .filter(({ type }) => UNCONFINED.has(type))
    .map(({ label, count, named }) => `${label}: ${count} unconfined${named(' of ')}`);
  if (faults.length > 0) return judged('FAIL', ...faults, ...loose);
  if (loose.length > 0) return judged('MANUAL', ...loose);
  return judged('PASS', `all processes of pods are confined, by ${read.length} labels`);
}

/**
 * Judges labels that pods ask for. They count where the host enforces and the runtime sets labels (containerd,
 * enable_selinux). Elsewhere they have no effect, and the evidence names the pods, which seem confined but are not.
 */
export function judgeLabels(host: Host, pods: Pods): Judgement {
  const none = withoutEffect(host);
  if ('evidence' in none) return none;
  const { why, verdict } = none;
  if ('untold' in pods) return judged(verdict, why, `pods are not known by name: ${pods.untold}`);
  const asking = askingForLabels(pods.found);
  if (asking.length > 0) return judged('FAIL', ...asking.map((text) => `${text} do nothing`), why);
  return verdict === 'MANUAL' ? judged('PASS', `${why}; no pod asks for any`) : judged(verdict, why);
}

/** Why labels have no effect, with the verdict if no pod is known; a judgement where they have one or may have one. */
function withoutEffect(host: Host): Judgement | { readonly why: string; readonly verdict: Verdict } {
  if (isBottlerocket(host)) return judged('PASS', 'Bottlerocket sets enable_selinux');
  if (hasAppArmor(host)) return { why: 'the system has no SELinux: seLinuxOptions of pods do nothing', verdict: 'N/A' };
  if (host.selinux === undefined) return judged('MANUAL', NOT_GATHERED);
  const { mode, runtime } = host.selinux;
  if (mode !== 'enforcing') return { why: `SELinux is ${mode}: seLinuxOptions of pods do nothing`, verdict: 'MANUAL' };
  if (runtime === null)
    return judged('MANUAL', "containerd's configuration was not found, or it depends on its version (conf.d)");
  if (runtime) return judged('PASS', 'containerd has enable_selinux = true');
  return {
    why: 'containerd has enable_selinux = false, its default: seLinuxOptions of pods do nothing',
    verdict: 'FAIL',
  };
}
