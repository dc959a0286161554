import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ended } from '../cli/operator.fixture.ts';
import { Traffic } from '../conformance/traffic.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from './harness.ts';
import { ROOT } from './markdown.ts';
import { privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';

describe('a rehearsal against a served sandbox', () => {
  let run: Run;
  let url: string;

  const rehearse = (...argv: string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const env = {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        AWS_ACCESS_KEY_ID: 'sandbox',
        AWS_SECRET_ACCESS_KEY: 'sandbox',
        AWS_CONFIG_FILE: '/dev/null',
        AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
        AWS_ENDPOINT_URL: url,
        AWS_REGION: 'eu-central-1',
      };
      execFile(process.execPath, ['cli/rehearsal/main.ts', ...argv], { cwd: ROOT, env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  beforeAll(async () => {
    const quiet = { quarantine: { mode: 'off' } };
    const group = { nodeRepair: true, launchTemplate: {} };
    run = await start(scenario(privateFleet(group, publicLaunch({ publicAddress: 'elastic' })), quiet));
    await run.account.play(15 * MINUTE);
    const { http } = run.account.server;
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const address = http.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  afterAll(() => {
    run.account.server.http.close();
    run.account.server.http.closeAllConnections();
  });

  /** The changes that EC2 and Systems Manager have made since then: operations of responses with status 200. */
  const changesOf = ({ exchanges }: Traffic): string[] =>
    exchanges
      .filter(({ request, response }) => response.status === 200 && request.method === 'POST')
      .flatMap(({ request: { headers, url: path, body } }) => {
        const action = new URLSearchParams(Buffer.from(body, 'base64').toString()).get('Action');
        const target = headers['x-amz-target']?.split('.').at(-1);
        return action ?? target ?? `POST ${path}`;
      })
      .filter(
        (operation) =>
          !/^(Describe|Get|List|BatchGet)|^POST \/(status|findings|clusters\/[\w-]+\/insights$)/.test(operation),
      );

  const listening = (): Traffic => {
    const traffic = new Traffic();
    traffic.listenTo(run.account.server.http);
    return traffic;
  };

  it('tells of each group, each worker and each line of docs/unverified.md, and changes nothing', async () => {
    const traffic = listening();
    const { code, stdout, stderr } = await rehearse('--cluster', 'shop');
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(
      / {2}✓ web \(ACTIVE, AL2023_x86_64_STANDARD, .*node repair on\): runs what Amazon recommends/,
    );
    expect(stdout.match(/i-0\w{16} of web: running, proven to be a worker/g)).toHaveLength(4);
    expect(stdout).toMatch(/has \d+(\.\d+){3}: quarantine-workers would look whether it is exposed/);
    expect(stdout.match(/^\? /gm)?.length).toBeGreaterThan(20);
    expect(stdout).toMatch(/protect i-0\w{16} from termination: these credentials may/);
    expect(stdout).toContain('240 values in two filters of 120 are refused');
    expect(stdout).toMatch(/web has node repair on: /);
    expect(stdout).toContain('--yes closed-group ');
    expect(stdout).toMatch(/web: lt-0\w{16} version 1 says \w+/);
    expect(stdout).toContain('without --tier a parameter is put into the tier Standard');
    expect(stdout).toMatch(/0 of \d+ security groups of vpc-\w+ let everything out over IPv6/);
    expect(stdout).toContain('no member was ended in standby in the last six weeks');
    expect(traffic.count).toBeGreaterThan(20);
    expect(changesOf(traffic)).toEqual([]);
  });

  it('does a step that is named, and takes back what it made', async () => {
    const traffic = listening();
    const groups = run.account.fleet.networks.securityGroups.list().length;
    const { code, stdout } = await rehearse(
      '--cluster',
      'shop',
      '--yes',
      'closed-group',
      '--yes',
      'advanced-parameter',
      '--yes',
      'impossible-release',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/sg-0\w{16} was seen after \d+ ms; by default it lets out to 0\.0\.0\.0\/0/);
    expect(stdout).toContain('put with the tier: Advanced; then a small one without: Advanced');
    expect(stdout).toMatch(/web to 1\.\d+\.999-19700101: InvalidParameterException: .*is not valid/);
    expect(changesOf(traffic)).toEqual([
      'CreateSecurityGroup',
      'DeleteSecurityGroup',
      'PutParameter',
      'PutParameter',
      'DeleteParameter',
    ]);
    expect(run.account.fleet.networks.securityGroups.list()).toHaveLength(groups);
  });

  it.each([
    [['--cluster', 'none'], /^--cluster: there is no EKS cluster none in eu-central-1/],
    [[], /^--cluster: missing/],
    [
      ['--cluster', 'shop', '--yes', 'all'],
      /^--yes: "all" is no step\. Steps: closed-group, advanced-parameter, impossible-release/,
    ],
    [['--cluster', 'shop', '--force'], /Unknown option '--force'/],
  ])('refuses %j', async (argv, says) => {
    const { code, stderr } = await rehearse(...argv);
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
  });
});
