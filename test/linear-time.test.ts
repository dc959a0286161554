import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as networkChange from '../events/cloudtrail-network-change.ts';
import { readKubeBench } from '../functions/check-posture/kube-bench/report.ts';
import { parsePolicy } from '../functions/policy-document.ts';
import { judge } from '../functions/shared/iam/judge.ts';
import { statementsOf } from '../functions/shared/iam/policy-statements.ts';

const ROOT = join(import.meta.dirname, '..');
const SOURCES = globSync(['functions/**/*.ts', 'events/*.ts', 'cli/**/*.ts', 'sandbox/fleet/*.ts', 'infra/*.ts'], {
  cwd: ROOT,
}).filter((file) => !/\.(test|proof|fixture)\.ts$/.test(file));

/** Matches regular expression literals in TypeScript: after tokens that no division can follow. */
const LITERAL =
  /(?<=[(=,:[?&|!>{]\s*|return\s)\/(?![/*])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/([dgimsuvy]*)(?=[\s.,;)\]}])/g;

const literals = SOURCES.flatMap((file) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(LITERAL)].map(([, source = '', flags = '']) => ({
    file,
    source,
    flags,
  })),
);

/** Inputs that may slow a regular expression down: repetitions of each of its characters, and of pairs of them. */
function provocations(source: string): string[] {
  const spoken = [...new Set(source.replaceAll(/\\[a-zA-Z]/g, '').replaceAll(/[()[\]{}^$?\\]/g, ''))].slice(0, 12);
  const letters = [...new Set(['a', '0', '*', ' ', '[', ...spoken])];
  return [...letters, ...letters.slice(1).map((letter) => `a${letter}`), ...spoken.map((letter) => `0${letter}`)];
}

/** Shorter inputs come first: exponential behaviour shows at 25 characters, and is then tried with no more. */
const LENGTHS = [25, 400, 4_000, 20_000];
/** ms; a linear expression takes less than one. It must be slow three times, for V8 may clean up meanwhile. */
const MOST = 100;

/** What this thread has used since, ms: neither what else runs on the machine counts, nor V8's threads beside it. */
function ownCpuMs(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(begun);
  return (user + system) / 1_000;
}

function slowAt({ source, flags }: { source: string; flags: string }): string | undefined {
  for (const length of LENGTHS) {
    for (const part of provocations(source)) {
      const text = `${part.repeat(length / part.length)}\n!`;
      const took = () => {
        const begun = process.threadCpuUsage();
        text.replace(new RegExp(source, flags), '');
        return ownCpuMs(begun);
      };
      const first = took();
      if (first > 5 * MOST || (first > MOST && took() > MOST && took() > MOST))
        return `${length} characters of "${part}"`;
    }
  }
  return undefined;
}

describe('regular expressions of the product', () => {
  it('cost linear time, whatever text they are tried with', () => {
    expect(literals.length).toBeGreaterThan(80);
    const slow = literals.flatMap((each) => {
      const at = slowAt(each);
      return at === undefined ? [] : [`${each.file}: /${each.source}/${each.flags} at ${at}`];
    });
    expect(slow).toEqual([]);
  });

  it('are tried so that one that is not linear is found', () => {
    expect(slowAt({ source: '^(a+)+$', flags: '' })).toContain('25 characters');
    expect(slowAt({ source: '(\\d+)x', flags: 'g' })).toContain('000 characters');
  });

  it('are never made of a text from outside', () => {
    const made = SOURCES.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/new RegExp\(([^\n]*)/g)].map(
        ([, what]) => `${file}: ${what}`,
      ),
    );
    // These are built from constants: a prefix of ids, and one pattern in another.
    expect(made.map((each) => each.split(':')[0]).sort()).toEqual([
      'events/cloudtrail-network-change.ts',
      'sandbox/fleet/time.ts',
    ]);
  });
});

const STARS = '*'.repeat(10_000);
const HOSTILE = [
  STARS,
  'a*'.repeat(10_000),
  `${'*a'.repeat(10_000)}b`,
  '?*'.repeat(10_000),
  '['.repeat(10_000),
  '-,'.repeat(10_000),
];
const quick = (run: () => unknown) => {
  const begun = process.threadCpuUsage();
  run();
  expect(ownCpuMs(begun)).toBeLessThan(500);
};

describe('10,000 stars', () => {
  it.each(HOSTILE)('in each place of a policy document are answered at once', (text) => {
    for (const document of [
      { scope: { clusters: [text] } },
      { scope: { accounts: [text] } },
      { overrides: [{ match: { clusters: [text] }, set: { upgrades: { mode: 'off' } } }] },
      { upgrades: { windows: [{ cron: text, timeZone: 'UTC', duration: '1h' }] } },
      { upgrades: { windows: [{ cron: '0 2 * * *', timeZone: text, duration: text }] } },
      { upgrades: { waves: [{ name: text, tags: { [text]: text } }] } },
      { ssmAgent: { installerImage: text } },
      { posture: { waivers: [{ check: text, clusters: [text], reason: text, until: text }] } },
      { [text]: text },
    ]) {
      quick(() => parsePolicy(JSON.stringify(document), 'enforce'));
    }
  });

  it.each(HOSTILE)('in an IAM policy are judged at once', (pattern) => {
    const statements = statementsOf(
      JSON.stringify({
        Statement: [
          {
            Effect: 'Deny',
            Action: [pattern],
            Resource: [pattern],
            Condition: { StringLike: { 'aws:RequestedRegion': pattern } },
          },
          { Effect: 'Allow', NotAction: [pattern], NotResource: [pattern] },
        ],
      }),
    );
    const question = {
      action: 'ssm:UpdateInstanceInformation',
      resource: `arn:aws:ec2:eu-central-1:111122223333:instance/${'a'.repeat(1000)}`,
      context: { 'aws:requestedregion': 'a'.repeat(1000) },
    };
    quick(() => judge(statements, question));
  });

  it.each(HOSTILE)('in a report of kube-bench are read at once', (text) => {
    const report = {
      Controls: [
        {
          id: text,
          version: text,
          text,
          tests: [{ section: text, results: [{ test_number: text, status: text, actual_value: text }] }],
        },
      ],
    };
    quick(() => {
      try {
        readKubeBench(report);
      } catch {
        // It only has to be refused, and quickly.
      }
    });
  });

  it.each(HOSTILE)('in a record of CloudTrail are read at once', (text) => {
    const { sample, schema } = networkChange;
    const detail = {
      ...sample.detail,
      userIdentity: { arn: text },
      requestParameters: { instanceId: text, networkInterfaceId: text, groupId: text },
    };
    quick(() => schema.safeParse({ ...sample, detail }));
  });
});
