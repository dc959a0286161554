import type { CheckId } from '../../shared/posture/benchmark.ts';
import { type Evidence, type Judgement, judged, type Verdict } from '../../shared/posture/verdict.ts';
import {
  bool,
  duration,
  type EffectiveConfig,
  int32,
  type Setting,
  type SettingKey,
  text,
} from './effective-config.ts';

const ANONYMOUS = bool('anonymous-auth', 'authentication', 'anonymous', 'enabled');
const AUTHORIZATION = text('authorization-mode', 'authorization', 'mode');
const CLIENT_CA = text('client-ca-file', 'authentication', 'x509', 'clientCAFile');
const READ_ONLY_PORT = int32('read-only-port', 'readOnlyPort');
const STREAMING = duration('streaming-connection-idle-timeout', 'streamingConnectionIdleTimeout');
const IPTABLES = bool('make-iptables-util-chains', 'makeIPTablesUtilChains');
const EVENT_QPS = int32('event-qps', 'eventRecordQPS');
const ROTATE_CLIENT = bool('rotate-certificates', 'rotateCertificates');
const BOOTSTRAP = bool('rotate-server-certificates', 'serverTLSBootstrap');
export const TLS_CERT = text('tls-cert-file', 'tlsCertFile');
const GATE = 'RotateKubeletServerCertificate';

/** Checks that are judged by the kubelet's effective configuration. */
export type SettingCheckId = Exclude<CheckId, '3.1.1' | '3.1.2' | '3.1.3' | '3.1.4' | 'EHR.1'>;

/**
 * Judges each setting by what the check asks of a value, and by the kubelet's default where it is unset
 * (kubelet/apis/config/v1beta1/defaults.go).
 */
export function judgeSettings(config: EffectiveConfig, minor: number | undefined): Record<SettingCheckId, Judgement> {
  const ask = <T>(
    key: SettingKey<T>,
    unset: readonly [Verdict, string],
    judge: (value: T, how: Setting<T>) => Verdict,
  ) => answer(config, key, config.setting(key), unset, judge);
  return {
    '3.2.1': ask(ANONYMOUS, ['PASS', 'false'], (isOn) => (isOn ? 'FAIL' : 'PASS')),
    '3.2.2': ask(AUTHORIZATION, ['PASS', 'Webhook'], (mode, { ...how }) => {
      if (mode.split(',').includes('AlwaysAllow')) return 'FAIL';
      if (mode === '' && 'by' in how && how.by !== 'flag') return 'PASS';
      return mode === 'Webhook' ? 'PASS' : 'MANUAL';
    }),
    '3.2.3': ask(CLIENT_CA, ['FAIL', 'none'], (path) => (path === '' ? 'FAIL' : 'PASS')),
    '3.2.4': ask(READ_ONLY_PORT, ['PASS', '0'], (port) => (port === 0 ? 'PASS' : 'FAIL')),
    '3.2.5': ask(STREAMING, ['PASS', '4h'], (ns, how) => {
      if (ns !== 0) return 'PASS';
      if (!('by' in how) || how.by === 'flag') return 'FAIL';
      // Before 1.31, it is not certain that the kubelet applies its defaults to values of drop-ins.
      return how.by === 'drop-in' && minor !== undefined && minor < 31 ? 'MANUAL' : 'PASS';
    }),
    '3.2.6': ask(IPTABLES, ['PASS', 'true'], (isOn) => (isOn ? 'PASS' : 'FAIL')),
    '3.2.7': ask(EVENT_QPS, ['PASS', minor !== undefined && minor < 27 ? '5' : '50'], (qps) =>
      qps >= 0 ? 'PASS' : 'FAIL',
    ),
    // The benchmark accepts "not present, or true". So the kubelet's own default, false, is not counted as a failure.
    // EKS kubelets have no client certificate.
    '3.2.8': ask(ROTATE_CLIENT, ['PASS', 'not given, which the benchmark accepts'], (isOn) => (isOn ? 'PASS' : 'FAIL')),
    '3.2.9': judgeServerCertificate(config),
  };
}

function answer<T>(
  config: EffectiveConfig,
  key: SettingKey<T>,
  setting: Setting<T>,
  [unset, fallback]: readonly [Verdict, string],
  judge: (value: T, how: Setting<T>) => Verdict,
): Judgement {
  if (setting.kind === 'unknown') return judged('MANUAL', ...setting.evidence);
  if (setting.kind === 'unset')
    return judged(unset, { ...configPlace(config), value: `${key.path.join('.')} is not given; default: ${fallback}` });
  const verdict = judge(setting.value, setting);
  const stray = key.flag === undefined ? undefined : config.flags.last(key.flag)?.stray;
  if (stray === undefined || verdict !== 'PASS')
    return judged(verdict, ...notes(key, setting, verdict), ...setting.evidence);
  return judged('MANUAL', ...setting.evidence, `"${stray}" after it is no value of it: the kubelet does not start so`);
}

/** Zero in a file means the default, 4h (metav1.Duration in SetDefaults_KubeletConfiguration). */
function notes<T>(key: SettingKey<T>, setting: Setting<T>, verdict: Verdict): string[] {
  const isZeroInFile = key.path === STREAMING.path && 'value' in setting && setting.value === 0 && verdict === 'PASS';
  return isZeroInFile ? ['zero in a file counts as none: the default, 4h, holds'] : [];
}

const configPlace = ({ flags }: EffectiveConfig): Partial<Evidence> => {
  const file = flags.path('config');
  return file === undefined ? {} : { file };
};

/**
 * The feature gate is on by default since Kubernetes 1.12. On its own it does nothing: serverTLSBootstrap decides
 * whether the kubelet requests certificates at all. Where the configuration names its own certificate, there is nothing
 * to rotate.
 */
function judgeServerCertificate(config: EffectiveConfig): Judgement {
  const own = config.setting(TLS_CERT);
  if (own.kind === 'set' && own.value !== '')
    return judged('N/A', ...own.evidence, 'the kubelet has a certificate of its own, which others must rotate');
  const gate = config.gate(GATE);
  if (gate.kind === 'unknown') return judged('MANUAL', ...gate.evidence);
  if (gate.kind === 'set') return judged(gate.value ? 'PASS' : 'FAIL', ...gate.evidence);
  const beta = config.gate('AllBeta');
  if (beta.kind === 'set' && !beta.value)
    return judged('FAIL', ...beta.evidence, `${GATE} is a beta feature: AllBeta=false switches it off`);
  const bootstrap = config.setting(BOOTSTRAP);
  if (bootstrap.kind === 'unknown') return judged('MANUAL', ...bootstrap.evidence);
  const byDefault = `${GATE} is not given; default: true`;
  if (bootstrap.kind === 'set' && bootstrap.value) return judged('PASS', ...bootstrap.evidence, byDefault);
  const off = bootstrap.kind === 'set' ? bootstrap.evidence : ['serverTLSBootstrap is not given; default: false'];
  return judged('FAIL', ...off, `${byDefault}, which does nothing without serverTLSBootstrap`);
}
