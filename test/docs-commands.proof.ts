import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import type { Run } from '../sandbox/play.ts';
import { start } from './harness.ts';
import { AWS_CLI, AWS_CLI_TITLE } from './installed-aws-cli.ts';
import { PAGES, ROOT } from './markdown.ts';
import { inQuarantine } from './quarantine.fixture.ts';

/** A command of a fenced block, without its comment. */
interface Documented {
  readonly file: string;
  readonly command: string;
}

/** Splits a block into commands. A command continues after a backslash, and as long as a quote is open. */
function commandsIn(block: string): string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of block.replaceAll(/\\\n\s*/g, ' ').split('\n')) {
    open = open === '' ? line : `${open}\n${line}`;
    if ((open.match(/'/g)?.length ?? 0) % 2 === 1) continue;
    const command = open.replace(/(^|\s+)#[^'"]*$/, '').trim();
    if (command !== '') commands.push(command);
    open = '';
  }
  return commands;
}

const documented: Documented[] = PAGES.flatMap(({ file, blocks }) =>
  blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => commandsIn(text).map((command) => ({ file, command }))),
);
const unique = [...new Map(documented.map((each) => [each.command, each])).values()];

const REMEDIATOR = /^npx eks-host-remediator (.*)$/s;
const ofRemediator = unique.filter(({ command }) => REMEDIATOR.test(command));
const ofAws = unique.filter(({ command }) => command.startsWith('aws ') && !command.startsWith('aws()'));

/** Commands that do not run here, and the evidence that they are right. */
const ELSEWHERE: ReadonlyArray<readonly [command: RegExp, reason: string]> = [
  [/^npm (start|ci|cit|test)$/, 'CI runs them; npm start: test/entry-points.proof.ts'],
  [/^npm start -- /, 'its arguments: test/entry-points.proof.ts'],
  [/^npm run -s sandbox -- /, 'its arguments: test/docs.test.ts; runs: test/entry-points.proof.ts, sandbox/cli'],
  [/^npm run deploy/, 'it calls the CDK CLI on a real account: infra/deploy.test.ts'],
  [/^npx cdk /, 'the CDK CLI on a real account'],
  [
    /^(PROOFS=all )?npm run (check|format|proofs|conformance|replay|simulate|fuzz|mutations|bench|docs|-s screenshots)$/,
    'CI or whoever changes the code runs them',
  ],
  [/^npm run -s (rbac|package)/, 'kubernetes/print-rbac.ts has a test; test/package.proof.ts'],
  [/^npm install \.\/eks-host-remediator/, 'test/package.proof.ts installs it'],
  [/^(kubectl |command aws eks update-kubeconfig)/, 'a cluster, real or served: the conformance of kubectl runs them'],
  [/^git config /, 'it sets up a clone'],
  [/^(export |aws\(\) )/, 'they set up a shell'],
  [/^npx eks-host-remediator watch /, 'it goes on until it is interrupted: test/remediator-verbs.proof.ts'],
  [
    /^npx eks-host-remediator (posture (judge|import)|rehearse)/,
    'they read files of somebody, or a real account: test/cli.proof.ts and the tests of these commands',
  ],
];
const isElsewhere = ({ command }: Documented): boolean => ELSEWHERE.some(([pattern]) => pattern.test(command));

const directory = mkdtempSync(join(tmpdir(), 'docs-commands-'));
const policyFile = join(directory, 'policy.json');
writeFileSync(policyFile, '{"upgrades":{"bakeAge":"3d"}}');

let run: Run;
let url = '';
/** The worker in quarantine. */
let held = '';
beforeAll(async () => {
  run = await start({ fleet: 'demo', play: '75m' });
  held = inQuarantine(run)[0]?.id ?? '';
  expect(held).toMatch(/^i-/);
  const { http } = run.account.server;
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (typeof address === 'object' && address !== null) url = `http://127.0.0.1:${address.port}`;
}, 300_000);
afterAll(() => {
  run.account.server.http.close();
  run.account.server.http.closeAllConnections();
  rmSync(directory, { recursive: true });
});

/** The command with this account's names in place of the examples. */
function here(command: string): string {
  const { account, records } = run;
  const group = String(account.stack.outputs.LogGroupName);
  // An event, and no request of a function to itself, of which came what can be tried again.
  const ofAgents = records.findLast(
    ({ remediation, trigger }) => remediation === 'manage-ssm-agent' && !trigger.id.includes(' '),
  );
  const queue = account.sqs.queues.find(({ name }) => name.includes('UpgradeNodeGroupsDeadLetters'));
  const names: ReadonlyArray<readonly [example: string | RegExp, real: string]> = [
    ['i-0f3a5c7e9b1d2f4a6', held],
    ['i-0a1b2c3d4e5f60718', held],
    ['45a5af41-1e60-43d8-82b1-29818a01190e', ofAgents?.trigger.id ?? ''],
    [/\bpolicy\.json/, policyFile],
    ['LOG_GROUP', group],
    ['QUEUE_URL', `${url}/${account.world.accountId}/${queue?.name}`],
    ['QUEUE_ARN', queue?.arn ?? ''],
    ['POLICY_PARAMETER', '/eks-host-remediator/policy'],
    ['EVENT_BUS', String(account.stack.outputs.EventBusName)],
    ['ROLE_ARN', `arn:aws:iam::${account.world.accountId}:role/any`],
    [/\bSTACK-/, 'eks-host-remediator-'],
    ['AUTO_SCALING_GROUP', account.fleet.autoScalingGroups.list()[0]?.name ?? ''],
    [/\bCLUSTER\b/, 'shop'],
    [/\bNODE_GROUP\b/, 'web'],
  ];
  return names.reduce((text, [example, real]) => text.replaceAll(new RegExp(example, 'g'), real), command);
}

it('each command of the documentation is run here, or it is said where else', () => {
  expect(ofRemediator.length).toBeGreaterThan(25);
  expect(ofAws.length).toBeGreaterThan(20);
  const left = unique.filter((each) => !ofRemediator.includes(each) && !ofAws.includes(each) && !isElsewhere(each));
  expect(left.map(({ file, command }) => `${file}: ${command}`)).toEqual([]);
  // No reason may be about a command that no page has.
  expect(ELSEWHERE.filter(([pattern]) => !unique.some(({ command }) => pattern.test(command)))).toEqual([]);
});

describe("operators' commands do what they say, or say in a sentence why not", () => {
  it.each(ofRemediator.filter((each) => !isElsewhere(each)))('$file: $command', async ({ command }) => {
    const [, line = ''] = REMEDIATOR.exec(here(command)) ?? [];
    const argv = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
    // Nobody is here to confirm.
    const many = /--all-in|--wave|^go$|^policy put /.test(argv.join(' '));
    const { code, stdout, stderr } = await operate(run.account, ...argv, ...(many ? ['--yes'] : []));
    // 2 is a wrong argument.
    expect([code, stderr]).not.toEqual([2, expect.anything()]);
    expect(stderr).not.toMatch(/\n\s+at |Error: /);
    expect(stdout + stderr).toMatch(/[\w}][.:]?\n/);
    if (/^(status|plan|get|explain|quarantines|policy|help|posture)$/.test(argv[0] ?? '')) expect(code).toBe(0);
  });
});

describe.skipIf(!AWS_CLI.isUsable)(`commands of ${AWS_CLI_TITLE}`, () => {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'anybody',
    AWS_SECRET_ACCESS_KEY: 'anything',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_PAGER: '',
  };
  it.each(ofAws)(
    'is taken by the CLI, and by the sandbox where it has the operation: $file: $command',
    async ({ command }) => {
      const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
        execFile(
          'bash',
          ['-c', here(command).replace(/^aws /, `aws --endpoint-url ${url} `)],
          { cwd: ROOT, env },
          (error, _stdout, stderr) => resolve({ code: error === null ? 0 : error.code, stderr }),
        );
      });
      // An example's update, query or role does not exist in this account, so the error is the account's and not the
      // CLI's.
      const answered =
        /An error occurred \((NotImplementedBySandbox|ResourceNotFoundException|InvalidParameterException)\)/;
      if (code !== 0) expect(stderr).toMatch(answered);
    },
  );
});
