import { beforeAll, describe, expect, it } from 'vitest';
import { start } from '../test/harness.ts';
import { checkExchanges } from './exchanges.ts';
import { isThere, titled } from './tools.ts';
import { type Exchange, Traffic } from './traffic.ts';

/** A check that finds nothing proves nothing, so each kind of error is put into valid calls. */
describe.skipIf(!isThere('boto'))(titled('the check of calls', 'boto'), () => {
  let exchanges: readonly Exchange[];

  beforeAll(async () => {
    const run = await start({ fleet: 'demo', seed: 7 });
    const traffic = new Traffic();
    traffic.listenTo(run.account.server.http);
    await run.account.play(4 * 3_600_000);
    exchanges = traffic.exchanges;
  });

  const decoded = (body: string): string => Buffer.from(body, 'base64').toString();

  /** The first call whose request or response contains this text, with another text in its place. */
  function spoilt(where: 'request' | 'response', from: string, to: string): Exchange {
    const found = exchanges.find((exchange) => decoded(exchange[where].body).includes(from));
    if (found === undefined) throw new Error(`no ${where} has ${from}`);
    const body = Buffer.from(decoded(found[where].body).replace(from, to)).toString('base64');
    return { ...found, [where]: { ...found[where], body } };
  }

  it.each([
    ['a parameter that there is not', 'request', '"maxResults"', '"maxresults"', 'has no member'],
    ['a parameter of another type', 'request', '"Names":["', '"Names":[1,"', 'is a int'],
    ['a form whose list has gaps', 'request', 'Filter.1.Value.1=', 'Filter.1.Value.3=', 'is numbered'],
    ['a member that there is not', 'response', '"nodegroupName"', '"nodeGroupName"', 'has no member nodeGroupName'],
    ['a word that there is not', 'response', '"ACTIVE"', '"RUNNING"', "'RUNNING' is none of"],
    ['an element that there is not', 'response', '<instanceId>', '<instanceID>', 'mismatched tag'],
    ['a time that is none', 'response', '<launchTime>2', '<launchTime>x2', 'is no time'],
    ['a text where a number belongs', 'response', '"desiredSize":', '"desiredSize":"4","x":', 'is a str'],
  ] as const)('finds %s', (_what, where, from, to, problem) => {
    expect(Object.keys(checkExchanges([spoilt(where, from, to)]).problems).join('\n')).toContain(problem);
  });

  it('finds another status, and another code', () => {
    const [first] = exchanges;
    if (first === undefined) throw new Error('nothing was called');
    const response = {
      ...first.response,
      status: 418,
      body: Buffer.from('{"__type":"Teapot","message":"x"}').toString('base64'),
    };
    expect(Object.keys(checkExchanges([{ ...first, response }]).problems).join('\n')).toMatch(/knows no Teapot|error/);
  });
});
