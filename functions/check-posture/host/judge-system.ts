import { type Judgement, judged } from '../../shared/posture/verdict.ts';
import type { Host } from './host.ts';

/** Operating systems that contain little more than a container runtime. */
const FOR_CONTAINERS = new Set(['bottlerocket', 'flatcar', 'talos']);

interface Life {
  readonly os: string;
  readonly version: RegExp;
  /** The last day with security fixes under standard support. */
  readonly until: string;
  readonly next: string;
}

const BOTTLEROCKET = 'Bottlerocket';
const UBUNTU = 'Ubuntu 24.04 or 26.04, or Bottlerocket';
const RHEL = 'RHEL 9 or 10, or Bottlerocket';

/**
 * Ends of standard support, and what to move to. Sources: endoflife-date/endoflife.date, products/ubuntu.md,
 * products/rhel.md (maintenance support) and products/amazon-linux.md, which name wiki.ubuntu.com/Releases,
 * access.redhat.com/support/policy/updates/errata, and the FAQs of Amazon Linux. Paid support, such as Ubuntu Pro and
 * RHEL ELS, is not counted, because no source says whether a host has it.
 */
const LIVES: readonly Life[] = [
  { os: 'al2', version: /^/, until: '2026-06-30', next: 'AL2023 or Bottlerocket' },
  { os: 'al2023', version: /^/, until: '2029-06-30', next: BOTTLEROCKET },
  { os: 'ubuntu', version: /^16\.04/, until: '2021-04-02', next: UBUNTU },
  { os: 'ubuntu', version: /^18\.04/, until: '2023-05-31', next: UBUNTU },
  { os: 'ubuntu', version: /^20\.04/, until: '2025-05-31', next: UBUNTU },
  { os: 'ubuntu', version: /^22\.04/, until: '2027-04-01', next: UBUNTU },
  { os: 'ubuntu', version: /^24\.04/, until: '2029-05-31', next: BOTTLEROCKET },
  { os: 'ubuntu', version: /^24\.10/, until: '2025-07-10', next: UBUNTU },
  { os: 'ubuntu', version: /^25\.04/, until: '2026-01-17', next: UBUNTU },
  { os: 'ubuntu', version: /^25\.10/, until: '2026-07-01', next: UBUNTU },
  { os: 'ubuntu', version: /^26\.04/, until: '2031-04-30', next: BOTTLEROCKET },
  { os: 'rhel', version: /^7(\.|$)/, until: '2024-06-30', next: RHEL },
  { os: 'rhel', version: /^8(\.|$)/, until: '2029-05-31', next: RHEL },
  { os: 'rhel', version: /^9(\.|$)/, until: '2032-05-31', next: BOTTLEROCKET },
  { os: 'rhel', version: /^10(\.|$)/, until: '2035-05-31', next: BOTTLEROCKET },
];

const DAY = 86_400_000;

/**
 * Judges whether the operating system is made for containers, and whether it still gets fixes.
 * @param now epoch milliseconds
 */
export function judgeSystem({ os, osVersion = '' }: Host, now: number): { purpose: Judgement; life: Judgement } {
  const name = `${os} ${osVersion}`.trim();
  const purpose = FOR_CONTAINERS.has(os)
    ? judged('PASS', `${name} is made for containers`)
    : judged('MANUAL', `${name} is a general-purpose system; ${BOTTLEROCKET} is made for containers`);
  if (os === 'bottlerocket')
    return { purpose, life: judged('PASS', `${name}: each release ends with the next; upgrades see to that`) };
  const life = LIVES.find((one) => one.os === os && one.version.test(osVersion));
  if (life === undefined) return { purpose, life: judged('MANUAL', `when ${name} ends is not known here`) };
  const { until, next } = life;
  // Support lasts until the end of the last day.
  const isOver = now >= Date.parse(`${until}T00:00:00Z`) + DAY;
  const evidence = isOver ? `${name} got fixes until ${until}` : `${name} gets fixes until ${until}`;
  return { purpose, life: judged(isOver ? 'FAIL' : 'PASS', `${evidence}; move to ${next}`) };
}
