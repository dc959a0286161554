/**
 * Operating systems of nodes, by the names that people give to AMIs. EC2 itself knows no more than Linux. Amazon's AMIs
 * for EKS with Amazon Linux 2 do not name it (awslabs/amazon-eks-ami, release notes).
 */
const FAMILIES: ReadonlyArray<readonly [family: string, name: RegExp]> = [
  ['Bottlerocket', /bottlerocket/i],
  ['Amazon Linux 2023', /al2023|amazon-?linux-?2023/i],
  [
    'Amazon Linux 2',
    /amzn2|(?<![a-z0-9])al2(?![a-z0-9])|amazon-?linux-?2(?!\d)|^amazon-eks-(?:gpu-|arm64-)?node-1\.\d/i,
  ],
  ['Ubuntu', /ubuntu/i],
  ['Windows', /windows/i],
  ['Red Hat', /rhel|red-?hat/i],
  ['Flatcar', /flatcar/i],
  ['Talos', /talos/i],
  ['SUSE', /suse|(?<![a-z0-9])sles(?![a-z])/i],
  ['Rocky Linux', /rocky/i],
  ['Debian', /debian/i],
];

const familyOf = (name: string): string | undefined => FAMILIES.find(([, pattern]) => pattern.test(name))?.[0];

/**
 * What an AMI is made for besides its system. The facts of EC2 are the same with and without it: a node with a GPU
 * joins without its driver, and pods that ask for the GPU stay pending.
 */
const MADE_FOR: ReadonlyArray<readonly [what: string, name: RegExp]> = [
  ['NVIDIA GPUs', /nvidia|cuda|(?<![a-z])gpu(?![a-z])/i],
  ['Neuron', /(?<![a-z])(?:neuron|inferentia|trainium)(?![a-z])/i],
  ['FIPS', /(?<![a-z])fips(?![a-z])/i],
];

const madeFor = (name: string): string => {
  const found = MADE_FOR.filter(([, pattern]) => pattern.test(name)).map(([what]) => what);
  return found.length === 0 ? 'none of NVIDIA GPUs, Neuron and FIPS' : found.join(' and ');
};

/**
 * The year and the edition in the name of an AMI with Windows. Containers of one year do not run on hosts of another
 * one (Microsoft, "Windows container version compatibility").
 */
const windowsIn = (name: string): string => {
  const year = /(?<!\d)20(?:19|22|25)(?!\d)/.exec(name)?.[0] ?? '';
  const edition = /(?<![a-z])(?:core|full)(?![a-z])/i.exec(name)?.[0]?.toLowerCase() ?? '';
  return `${year} ${edition}`.trim();
};

/** The release of Ubuntu in a name, such as 24.04. */
const ubuntuIn = (name: string): number | undefined => {
  const release = /(?<![\d.])(\d{2})\.(?:04|10)(?![\d.])/.exec(name)?.[0];
  return release === undefined ? undefined : Number(release);
};

/**
 * Why an AMI is of another kind than the present one by their names, as the end of a sentence; undefined where the names
 * do not tell. A pure function.
 */
export function anotherKindByName(name: string, present: string): string | undefined {
  const [family, before] = [familyOf(name), familyOf(present)];
  if (family !== undefined && before !== undefined && family !== before) {
    return `by its name it is ${family}, and the present one ${before}`;
  }
  const [use, used] = [madeFor(name), madeFor(present)];
  if (use !== used) return `by its name it is made for ${use}, and the present one for ${used}`;
  if (family === 'Windows' && before === 'Windows' && windowsIn(name) !== windowsIn(present)) {
    return `by its name it is Windows ${windowsIn(name)}, and the present one Windows ${windowsIn(present)}`;
  }
  if (family !== 'Ubuntu' || before !== 'Ubuntu') return undefined;
  const [release = 0, running = 0] = [ubuntuIn(name), ubuntuIn(present)];
  return release > 0 && release < running
    ? `by its name it is Ubuntu ${release.toFixed(2)}, and the present one Ubuntu ${running.toFixed(2)}: nodes are never moved back`
    : undefined;
}

/**
 * The Kubernetes minor version in a name that mentions Kubernetes, without the `1.`. The lowest counts where there are
 * several.
 */
export function kubernetesIn(name: string): number | undefined {
  if (!/k8s|kube|eks/i.test(name)) return undefined;
  const minors = [...name.matchAll(/(?<![\d.])1\.(\d{2})(?!\d)/g)].map(([, minor]) => Number(minor));
  return minors.length === 0 ? undefined : Math.min(...minors);
}
