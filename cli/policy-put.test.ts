import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, describe, expect, it } from 'vitest';
import type { Command, Surroundings } from './command.ts';
import { go } from './commands/go.ts';
import { policy } from './commands/policy.ts';
import { stop } from './commands/stop.ts';
import { RECORDS_ONLY } from './operator.fixture.ts';

const directory = mkdtempSync(join(tmpdir(), 'policy-put-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A parameter that somebody else writes while this runs: what is in place, by version. */
interface Elsewhere {
  /** What somebody puts while the question is open. */
  readonly meanwhile?: string;
  /** What somebody puts between the last read and the write. */
  readonly atTheLast?: string;
}

async function run(command: Command, inPlace: object, given: object | undefined, elsewhere: Elsewhere = {}) {
  const versions = [JSON.stringify(inPlace)];
  const notes: string[] = [];
  const send = async (asked: unknown): Promise<unknown> => {
    if (asked instanceof GetParameterCommand) {
      return { Parameter: { Type: 'String', Value: versions.at(-1), Version: versions.length } };
    }
    if (!(asked instanceof PutParameterCommand)) return {};
    if (elsewhere.atTheLast !== undefined) versions.push(elsewhere.atTheLast);
    versions.push(asked.input.Value ?? '');
    return { Version: versions.length };
  };
  const file = join(directory, 'given.json');
  writeFileSync(file, JSON.stringify(given ?? {}));
  const surroundings = {
    clients: { ssm: { send } },
    stack: RECORDS_ONLY,
    clock: { now: () => Date.parse('2026-10-24T18:00:00Z') },
    json: false,
    print: (text: string) => notes.push(text),
    note: (text: string) => notes.push(text),
    askBack: async () => {
      if (elsewhere.meanwhile !== undefined) versions.push(elsewhere.meanwhile);
      return true;
    },
  } as unknown as Surroundings;
  const positionals = given === undefined ? [] : ['put', file];
  const code = await command.read({ positionals, options: {} })(surroundings);
  return { code, inPlace: JSON.parse(versions.at(-1) ?? ''), said: notes.join('\n') };
}

describe('policy put', () => {
  it.each([[{}], [{ killSwitch: false }]])(
    'turns off no kill switch that somebody has turned on, by a document that says %j of it',
    async (given) => {
      const { code, inPlace, said } = await run(policy, { killSwitch: true }, given);
      expect([code, inPlace]).toEqual([1, { killSwitch: true }]);
      expect(said).toContain('The kill switch is on, and this document would turn it off.');
    },
  );

  it('puts a document that leaves the kill switch on', async () => {
    const given = { killSwitch: true, upgrades: { bakeAge: '2d' } };
    expect(await run(policy, { killSwitch: true }, given)).toMatchObject({ code: 0, inPlace: given });
  });

  it('puts anything in the place of what functions cannot read', async () => {
    const versions = await run(policy, ['nonsense'], { upgrades: { bakeAge: '2d' } });
    expect(versions).toMatchObject({ code: 0, inPlace: { upgrades: { bakeAge: '2d' } } });
  });

  it('writes over nothing that somebody has put in place while it asked back', async () => {
    const meanwhile = { killSwitch: true };
    const given = { upgrades: { bakeAge: '2d' } };
    const { code, inPlace, said } = await run(policy, {}, given, { meanwhile: JSON.stringify(meanwhile) });
    expect([code, inPlace]).toEqual([1, meanwhile]);
    expect(said).toContain('Somebody has changed /policy meanwhile.');
  });
});

describe('go', () => {
  it('writes over nothing that somebody has put in place while it asked back', async () => {
    const meanwhile = { killSwitch: true, upgrades: { mode: 'off' } };
    const ended = await run(go, { killSwitch: true }, undefined, { meanwhile: JSON.stringify(meanwhile) });
    expect([ended.code, ended.inPlace]).toEqual([1, meanwhile]);
    expect(ended.said).toContain('Somebody has changed /policy meanwhile.');
  });
});

describe('stop', () => {
  it('names a version that somebody has put in the same moment, and that it wrote over', async () => {
    const { code, inPlace, said } = await run(stop, {}, undefined, { atTheLast: '{"upgrades":{"mode":"off"}}' });
    expect([code, inPlace]).toEqual([0, { killSwitch: true }]);
    expect(said).toContain('version 2');
    expect(said).toContain('aws ssm get-parameter-history');
  });

  it('says nothing of versions where nobody else has written', async () => {
    expect((await run(stop, {}, undefined)).said).not.toContain('version');
  });
});
