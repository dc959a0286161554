import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { deploy } from './deploy.ts';
import { planDeploy, readDeployArguments } from './deploy-plan.ts';
import { SettingsError } from './settings.ts';
import { parseSettingsFile, readSettingsWithFile } from './settings-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = join(directory, 'remediator.settings.json');
beforeEach(() => rmSync(file, { force: true }));
const kept = (): unknown => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);

/** The policy parameter of the stack that is deployed, unless told otherwise. */
const NAME = '/eks-host-remediator/policy';

/** Deploys with these arguments into an account that has the stack in this mode, if any. */
async function deployed(
  args: string[],
  {
    was,
    policyIn = NAME,
    exitCode = 0,
    clusters = {},
    policy = undefined,
  }: {
    was?: string | Error;
    /** The parameter of the stack that is there. */
    policyIn?: string;
    exitCode?: number;
    clusters?: Record<string, string | Error>;
    /** The type of the parameter, if it exists. */
    policy?: string | Error | undefined;
  } = {},
) {
  const said: string[] = [];
  const ran: Array<readonly string[]> = [];
  const put: string[] = [];
  const code = await deploy(readDeployArguments(['-c', `settingsFile=${file}`, ...args]), {
    isAttended: true,
    runCdk: (cdkArguments) => {
      // The CDK app reads the file, so it must be there by now.
      readSettingsWithFile({ settingsFile: file });
      ran.push(cdkArguments);
      return exitCode;
    },
    deployedStack: async () => {
      if (was instanceof Error) throw was;
      // An older version of the stack does not state its mode.
      return was === undefined ? undefined : { mode: was === '' ? undefined : was, policyParameterName: policyIn };
    },
    authenticationMode: async (name) => {
      const mode = clusters[name];
      if (mode instanceof Error) throw mode;
      return mode;
    },
    parameterType: async () => {
      if (policy instanceof Error) throw policy;
      return policy;
    },
    putPolicy: async (name, text) => {
      put.push(`${name} ${text}`);
    },
    say: (line) => said.push(line),
  });
  return { code, said: said.join('\n'), ran, put };
}

describe('a deploy', () => {
  it('refuses to be the first one without a mode, and does nothing', async () => {
    await expect(deployed([])).rejects.toThrow(/-c mode=enforce: .*\n.*-c mode=observe: /);
    expect(kept()).toBeUndefined();
  });

  it('keeps what it was told, so that the next one cannot forget it', async () => {
    await deployed(['-c', 'mode=observe', '--context=alarmEmail=ops@example.com']);
    const { said, ran } = await deployed([], { was: 'observe' });
    expect(kept()).toMatchObject({ mode: 'observe', alarmEmail: 'ops@example.com' });
    expect(said).toContain('in mode observe');
    expect(ran).toEqual([['deploy', '-c', `settingsFile=${file}`]]);
  });

  it('refuses clusters that take no access entry before anything is changed: each is named with the fix', async () => {
    const args = ['-c', 'mode=observe', '-c', 'accessEntryClusters=shop,old,gone'];
    const deploying = deployed(args, { clusters: { shop: 'API', old: 'CONFIG_MAP' } });
    await expect(deploying).rejects.toThrow(SettingsError);
    await expect(deploying).rejects.toThrow(/\n {2}old: .*CONFIG_MAP.*--access-config.*\n {2}gone: there is no such/);
    await expect(deploying).rejects.not.toThrow(/shop:/);
    expect(kept()).toBeUndefined();
  });

  it('goes on where the clusters cannot be read, and says so', async () => {
    const args = ['-c', 'mode=observe', '-c', 'accessEntryClusters=shop'];
    const { said, code } = await deployed(args, { clusters: { shop: new Error('no right') } });
    expect(code).toBe(0);
    expect(said).toContain('Whether the cluster shop takes access entries could not be read');
  });

  it('changes the mode when told to, and says so', async () => {
    await deployed(['-c', 'mode=observe']);
    const { said } = await deployed(['-c', 'mode=enforce'], { was: 'observe' });
    expect(said).toContain('mode: observe → enforce');
    expect(kept()).toMatchObject({ mode: 'enforce' });
  });

  it('refuses to change the mode of the stack by what an older file says', async () => {
    writeFileSync(file, '{ "mode": "observe" }');
    await expect(deployed([], { was: 'enforce' })).rejects.toThrow(
      /runs in mode enforce, and .* says observe.*\n {2}-c mode=enforce\n {2}-c mode=observe$/,
    );
  });

  it('goes by the file where it may not read what is deployed, and says so', async () => {
    const { said, code } = await deployed(['-c', 'mode=observe'], { was: new Error('not authorized') });
    expect(code).toBe(0);
    expect(said).toContain('could not be read (Error: not authorized)');
  });

  it('leaves the file as it was when it fails', async () => {
    expect((await deployed(['-c', 'mode=observe'], { exitCode: 1 })).code).toBe(1);
    expect(kept()).toBeUndefined();
    await deployed(['-c', 'mode=observe']);
    await deployed(['-c', 'mode=enforce'], { was: 'observe', exitCode: 1 });
    expect(kept()).toEqual({ mode: 'observe' });
  });

  it('takes a setting out of the file by an empty value', async () => {
    await deployed(['-c', 'mode=observe', '-c', 'alarmEmail=ops@example.com']);
    expect((await deployed(['-c', 'alarmEmail='], { was: 'observe' })).said).toContain(
      'alarmEmail: ops@example.com → not set',
    );
    expect(kept()).toEqual({ mode: 'observe', policyParameter: 'existing' });
  });

  it('refuses to deploy a stack that is there without the file of its settings, which would all go back', async () => {
    const without = deployed(['-c', 'mode=enforce'], { was: 'enforce' });
    await expect(without).rejects.toThrow(SettingsError);
    await expect(without).rejects.toThrow(/is there, and .* is not: .*\n {2}\{"mode":"enforce"\}$/);
    expect(kept()).toBeUndefined();
    writeFileSync(file, '{"mode":"enforce"}');
    expect(await deployed([], { was: 'enforce' })).toMatchObject({ code: 0 });
  });

  it('refuses a bad setting before anything else', async () => {
    await expect(deployed(['-c', 'mode=obsevre'])).rejects.toThrow('mode=obsevre: must be one of');
    await expect(deployed(['-c', 'mod=observe', '-c', 'mode=observe'])).rejects.toThrow('mod: no such setting');
    expect(kept()).toBeUndefined();
  });
});

describe('the arguments of a deploy', () => {
  it("go to the CDK CLI where they are not the stack's settings", () => {
    const args = readDeployArguments(['-c', '@aws-cdk/x:y=true', '--profile', 'ops', '-c=mode=observe', '--verbose']);
    expect(args).toMatchObject({
      settings: { mode: 'observe' },
      others: ['-c', '@aws-cdk/x:y=true', '--profile', 'ops', '--verbose'],
      profile: 'ops',
    });
  });

  it.each([
    ['asks nobody where nobody can answer', [], false, ['--require-approval', 'never']],
    ['asks at a terminal', [], true, []],
    ['goes by what was said about that', ['--require-approval=broadening'], false, ['--require-approval=broadening']],
  ])('%s', (_what, others, isAttended, expected) => {
    const args = { settingsFile: 'x.json', settings: { mode: 'observe' }, others };
    const { cdkArguments } = planDeploy(args, undefined, isAttended);
    expect(cdkArguments.filter((arg) => arg !== 'deploy' && arg !== '-c' && arg !== 'settingsFile=x.json')).toEqual(
      expected,
    );
  });
});

describe('the first policy', () => {
  const policyFile = join(directory, 'policy.json');
  const FIRST = ['-c', 'mode=enforce', '--first-policy', policyFile];
  beforeEach(() => writeFileSync(policyFile, '{"killSwitch":true}\n'));

  it('is put in place before the stack is made, once: a later deploy with another one leaves it as it is', async () => {
    const first = await deployed(FIRST);
    expect(first.put).toEqual([`${NAME} {"killSwitch":true}`]);
    expect(kept()).toEqual({ mode: 'enforce', policyParameter: 'existing' });
    writeFileSync(policyFile, '{}');
    const later = await deployed(FIRST, { was: 'enforce', policy: 'String' });
    expect([later.put, later.code]).toEqual([[], 0]);
    expect(later.said).toContain(`${policyFile} was not put in place: eks-host-remediator is there`);
  });

  it('is told to cost something where it is too large for the tier Standard', async () => {
    writeFileSync(policyFile, `{"killSwitch":true${' '.repeat(5_000)}, "upgrades":{}}`);
    const { put, said } = await deployed(FIRST);
    expect(put).toHaveLength(1);
    expect(said).toMatch(/Warning: it is 50\d\d bytes: over 4096 the parameter becomes one of the tier Advanced/);
    writeFileSync(policyFile, '{}');
    expect((await deployed(FIRST)).said).not.toContain('Warning');
  });

  it('is the one of an earlier stack where that is there: it is not overwritten, and the stack goes on with it', async () => {
    const { put, said } = await deployed(FIRST, { policy: 'String' });
    expect(put).toEqual([]);
    expect(said).toContain(
      `The policy ${NAME} is there already: it stays as it is, and the stack goes on with it. ${policyFile} was not`,
    );
    expect(kept()).toEqual({ mode: 'enforce', policyParameter: 'existing' });
  });

  it('is the empty one that the stack makes where none is given', async () => {
    expect(await deployed(['-c', 'mode=enforce'])).toMatchObject({ put: [], code: 0 });
    expect(kept()).toEqual({ mode: 'enforce' });
  });

  it('is no part of a stack any more from the second deploy on: a change of its tags would write the empty one over it', async () => {
    await deployed(['-c', 'mode=enforce']);
    expect(kept()).toEqual({ mode: 'enforce' });
    const { said } = await deployed(['--tags', 'team=x'], { was: 'enforce', policy: 'String' });
    expect(said).toContain(`The policy ${NAME} stays as it is, and no deploy writes it from now on.`);
    expect(kept()).toEqual({ mode: 'enforce', policyParameter: 'existing' });
    expect((await deployed([], { was: 'enforce', policy: 'String' })).said).not.toContain('from now on');
  });

  it.each([
    ['is deleted with the stack', { mode: 'enforce', removalPolicy: 'destroy' }, []],
    ['would be deleted by this deploy', { mode: 'enforce', removalPolicy: 'destroy' }, ['-c', 'removalPolicy=retain']],
    ['is to be of the stack', { mode: 'enforce' }, ['-c', 'policyParameter=new']],
  ])('stays a part of a stack where it %s', async (_what, settings, args) => {
    writeFileSync(file, JSON.stringify(settings));
    await deployed(args, { was: 'enforce', policy: 'String' });
    expect(kept()).not.toMatchObject({ policyParameter: 'existing' });
  });

  it('is not exchanged for an empty one in another parameter, nor for none, without being moved', async () => {
    for (const settings of [{ mode: 'enforce' }, { mode: 'enforce', policyParameter: 'existing' }]) {
      writeFileSync(file, JSON.stringify(settings));
      const args = ['-c', 'policyParameterName=/team/policy'];
      const moving = deployed(args, { was: 'enforce' });
      await expect(moving).rejects.toThrow(SettingsError);
      await expect(moving).rejects.toThrow(/policy show .* > policy\.json\n.* --type String .* --name \/team\/policy /);
      expect(kept()).toEqual(settings);
    }
    const moved = ['-c', 'policyParameterName=/team/policy', '-c', 'policyParameter=existing'];
    expect(await deployed(moved, { was: 'enforce', policy: 'String' })).toMatchObject({ code: 0, put: [] });
    // The file of another stack, or of former times.
    await expect(deployed([], { was: 'enforce', policyIn: '/ops/policy', policy: undefined })).rejects.toThrow(
      /The policy of eks-host-remediator is in \/ops\/policy, and .* says \/team\/policy/,
    );
  });

  it('is not dropped where nobody knows whether the stack is there', async () => {
    const first = deployed(FIRST, { was: new Error('Region is missing') });
    await expect(first).rejects.toThrow(SettingsError);
    await expect(first).rejects.toThrow(/whether this is the first deploy; allow cloudformation:DescribeStacks/);
    expect(kept()).toBeUndefined();
  });

  it('is refused as a SecureString, which no function reads', async () => {
    await expect(deployed(['-c', 'mode=enforce'], { policy: 'SecureString' })).rejects.toThrow(
      /is a SecureString, which functions do not decrypt: delete it/,
    );
  });

  it.each([
    ['no good one', '{"killswitch":true}', {}, /policy\.json: .*killswitch: unknown key/],
    [
      'too large',
      JSON.stringify({ scope: { clusters: Array(900).fill('cluster-1') } }),
      {},
      /bytes, and the parameter holds 8192/,
    ],
    [
      'not to be told from what is there',
      '{}',
      { policy: new Error('no right') },
      /could not be read, and it must not be overwritten/,
    ],
  ])('is refused as %s, before anything is changed', async (_what, text, account, message) => {
    writeFileSync(policyFile, text);
    await expect(deployed(FIRST, account)).rejects.toThrow(message);
    expect(kept()).toBeUndefined();
  });

  it('is missed where the file is not there, or the settings name a parameter that is not', async () => {
    await expect(deployed(['-c', 'mode=enforce', '--first-policy=none.json'])).rejects.toThrow('there is no such file');
    await expect(deployed(['-c', 'mode=enforce', '-c', 'policyParameter=existing'])).rejects.toThrow(
      `there is no parameter ${NAME}; give a policy by --first-policy FILE`,
    );
  });
});

describe('the settings file', () => {
  it.each([
    ['no JSON', '{', /is not JSON/],
    ['no object', '["observe"]', /the file must be a text or a number in an object such as/],
    ['a value of another kind', '{ "mode": true }', /mode must be a text or a number/],
  ])('is refused as %s, with the field and the fix', (_what, text, message) => {
    expect(() => parseSettingsFile(text, 'x.json')).toThrow(SettingsError);
    expect(() => parseSettingsFile(text, 'x.json')).toThrow(message);
  });

  it('is what every CDK command goes by; an option that says otherwise would be forgotten, so it is refused', () => {
    writeFileSync(file, '{ "mode": "observe", "logRetentionDays": 30 }');
    expect(readSettingsWithFile({ settingsFile: file })).toMatchObject({ mode: 'observe', logRetentionDays: 30 });
    expect(readSettingsWithFile({ settingsFile: file, mode: 'observe' }).mode).toBe('observe');
    expect(() => readSettingsWithFile({ settingsFile: file, mode: 'enforce' })).toThrow(
      /-c mode=enforce: the file says observe/,
    );
    expect(() => readSettingsWithFile({ settingsFile: join(directory, 'none.json') })).toThrow('there is no such file');
  });
});
