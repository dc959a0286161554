import { type Judgement, judged } from '../judge/verdict.ts';
import type { Host } from './host.ts';

/** Systems that hold little more than a container runtime. */
const FOR_CONTAINERS = new Set(['bottlerocket', 'flatcar', 'talos']);

/** From when on a system gets no fixes without a contract: endoflife.date, and what each vendor says. */
const ENDS: ReadonlyArray<readonly [os: string, version: RegExp, until: string]> = [
  ['al2', /^/, '2026-06-30'],
  ['al2023', /^/, '2029-06-30'],
  ['ubuntu', /^18\.04/, '2023-05-31'],
  ['ubuntu', /^20\.04/, '2025-05-31'],
  ['ubuntu', /^22\.04/, '2027-04-30'],
  ['ubuntu', /^24\.04/, '2029-04-30'],
  ['rhel', /^7/, '2024-06-30'],
  ['rhel', /^8/, '2029-05-31'],
  ['rhel', /^9/, '2032-05-31'],
];

/** What the system is made for, and whether it still gets fixes. @param now epoch milliseconds */
export function judgeSystem({ os, osVersion = '' }: Host, now: number): { purpose: Judgement; life: Judgement } {
  const name = `${os} ${osVersion}`.trim();
  const purpose = FOR_CONTAINERS.has(os)
    ? judged('PASS', `${name} is made for containers`)
    : judged('MANUAL', `${name} is a general-purpose system`);
  if (os === 'bottlerocket')
    return { purpose, life: judged('PASS', `${name}: each release ends with the next; upgrades see to that`) };
  const [, , until] = ENDS.find(([system, version]) => system === os && version.test(osVersion)) ?? [];
  if (until === undefined) return { purpose, life: judged('MANUAL', `when ${name} ends is not known here`) };
  const isOver = now >= Date.parse(`${until}T00:00:00Z`);
  return { purpose, life: judged(isOver ? 'FAIL' : 'PASS', `${name} gets fixes until ${until}`) };
}
