/**
 * Parses the kubelet's argv like github.com/spf13/pflag: `--name=value` or `--name value`, a bare boolean is true, `_`
 * is `-` in names (component-base/cli/flag, WordSepNormalizeFunc), the last occurrence wins, `--` ends the flags.
 */

/**
 * Flags that take no value from the next element (BoolVar in kubernetes/kubernetes, cmd/kubelet/app/options, 1.18 to
 * 1.35, and the flags of google/cadvisor that globalflags_linux.go registers there).
 */
const BOOLEAN = new Set([
  'add-dir-header',
  'allow-privileged',
  'alsologtostderr',
  'anonymous-auth',
  'authentication-token-webhook',
  'cgroups-per-qos',
  'contention-profiling',
  'cpu-cfs-quota',
  'docker-only',
  'docker-tls',
  'enable-cadvisor-json-endpoints',
  'enable-controller-attach-detach',
  'enable-debugging-handlers',
  'enable-load-reader',
  'enable-server',
  'exit-on-lock-contention',
  'experimental-allocatable-ignore-eviction',
  'experimental-check-node-capabilities-before-mount',
  'experimental-kernel-memcg-notification',
  'fail-swap-on',
  'help',
  'keep-terminated-pod-volumes',
  'kernel-memcg-notification',
  'local-storage-capacity-isolation',
  'log-cadvisor-usage',
  'log-json-split-stream',
  'log-text-split-stream',
  'logtostderr',
  'make-iptables-util-chains',
  'one-output',
  'protect-kernel-defaults',
  'really-crash-for-testing',
  'redirect-container-streaming',
  'register-node',
  'register-schedulable',
  'rotate-certificates',
  'rotate-server-certificates',
  'runonce',
  'seccomp-default',
  'serialize-image-pulls',
  'skip-headers',
  'skip-log-headers',
  'storage-driver-secure',
  'version',
  'windows-service',
]);

/** A value of a flag. */
export interface FlagValue {
  /** Text of the value; undefined where the flag needs one and argv ends. */
  readonly text: string | undefined;
  /** The flag as written in argv. */
  readonly shown: string;
  /** The element after a bare boolean, where it was meant as its value. The kubelet does not start then. */
  readonly stray?: string;
}

export class KubeletFlags {
  readonly #values = new Map<string, FlagValue[]>();

  constructor(argv: readonly string[]) {
    // A name with its value in one element comes from a listing such as ps prints. No kubelet flag has a blank.
    const rest = argv.flatMap((element) => /^(--[^=\s]+)\s+([\s\S]*)$/.exec(element)?.slice(1) ?? element);
    for (let element = rest.shift(); element !== undefined && element !== '--'; element = rest.shift()) {
      if (!element.startsWith('--')) {
        // `-v 2` and `-v=2`; other elements are not flags.
        if (element === '-v') rest.shift();
        continue;
      }
      const [, written = '', equals, value = ''] = /^--([^=]*)(=?)([\s\S]*)$/.exec(element) ?? [];
      const name = written.replaceAll('_', '-');
      if (equals === '=') this.#add(name, { text: value, shown: element });
      else if (BOOLEAN.has(name)) this.#add(name, { text: 'true', shown: element, ...strayIn(rest[0]) });
      else {
        const next = rest.shift();
        this.#add(name, { text: next, shown: next === undefined ? element : `${element} ${next}` });
      }
    }
  }

  #add(name: string, value: FlagValue): void {
    const given = this.#values.get(name);
    if (given === undefined) this.#values.set(name, [value]);
    else given.push(value);
  }

  /** Every value given for a flag, in the order of argv. */
  all(name: string): readonly FlagValue[] {
    return this.#values.get(name) ?? [];
  }

  /** The effective value: the last one. */
  last(name: string): FlagValue | undefined {
    return this.all(name).at(-1);
  }

  /** Text of the effective value, where the flag is given and not empty. */
  path(name: string): string | undefined {
    const text = this.last(name)?.text;
    return text === '' ? undefined : text;
  }
}

const strayIn = (next: string | undefined) =>
  next !== undefined && parseBool(next) !== undefined ? { stray: next } : {};

/** Parses like Go's strconv.ParseBool; undefined for what that rejects. */
export function parseBool(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false;
  return undefined;
}

/** Parses like Go's strconv.ParseInt(text, 0, 32); undefined for what that rejects. */
export function parseInt32(text: string): number | undefined {
  const [, sign = '', digits = ''] = /^([+-]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|\d+)$/.exec(text) ?? [];
  if (digits === '' || /^0\d*[89]/.test(digits)) return undefined;
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits.toLowerCase()) * (sign === '-' ? -1 : 1);
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined;
}

/** Parses like Go's time.ParseDuration, in ns; undefined for what that rejects. */
export function parseDuration(text: string): number | undefined {
  const [, sign, rest = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
  if (rest === '0') return 0;
  if (!/^((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let sum = 0;
  // Go truncates fractions of a nanosecond.
  for (const [, amount, unit] of rest.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/gy))
    sum += Math.trunc(Number(amount) * (UNITS[unit ?? ''] ?? 0));
  // Go keeps a duration in 64 bits.
  if (sum >= 2 ** 63) return undefined;
  return sign === '-' ? -sum : sum;
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
