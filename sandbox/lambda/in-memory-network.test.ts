import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type Destination, InMemoryNetwork } from './in-memory-network.ts';

const HOST = 'ssm.eu-central-1.amazonaws.com';

/** A server that responds with what it received, and a party attached to it. */
function echo(gate = (effect: () => void) => effect(), destination?: (host: string) => Destination | undefined) {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    response.end(`${request.method} ${request.headers.host}${request.url} ${body}`);
  });
  return new InMemoryNetwork(server, destination).attach(gate);
}

type Listener = (response: IncomingMessage) => void;
const answerTo = (send: (listener: Listener) => { end(): unknown }): Promise<string> =>
  new Promise((resolve) => void send((response) => resolve(text(response))).end());

it('reaches the account at every host of AWS, by every form of request', async () => {
  const { http, https } = echo();
  expect(await answerTo((listener) => https.request('https://eks.eu-west-1.amazonaws.com/a?b=c', listener))).toBe(
    'GET eks.eu-west-1.amazonaws.com/a?b=c ',
  );
  const options = { method: 'DELETE' };
  expect(
    await answerTo((listener) => https.request(new URL('https://ec2.eu-west-1.api.aws/'), options, listener)),
  ).toBe('DELETE ec2.eu-west-1.api.aws/ ');
  expect(
    await answerTo((listener) => http.get({ host: 'sqs.cn-north-1.amazonaws.com.cn', path: '/x' }, listener)),
  ).toBe('GET sqs.cn-north-1.amazonaws.com.cn/x ');
  for (const host of ['sqs.us-isob-east-1.sc2s.sgov.gov', 'sqs.eu-isoe-west-1.cloud.adc-e.uk']) {
    expect(await answerTo((listener) => http.get({ host, path: '/x' }, listener))).toBe(`GET ${host}/x `);
  }
});

it('keeps the order and content of big bodies', async () => {
  const { https } = echo();
  const body = Array.from({ length: 200_000 }, (_, index) => String(index)).join();
  const answer = answerTo((listener) => {
    const request = https.request(
      { host: HOST, method: 'POST', agent: new https.Agent({ keepAlive: true }) },
      listener,
    );
    request.write(body.slice(0, 1000));
    request.write(body.slice(1000));
    return request;
  });
  expect(await answer).toBe(`POST ${HOST}/ ${body}`);
});

it('counts requests that are not answered, and forgets them when the party is detached', async () => {
  const held: Array<() => void> = [];
  const party = echo((effect) => held.push(effect));
  const events: string[] = [];
  const request = party.https.get(`https://${HOST}/`, () => events.push('response'));
  request.on('error', () => events.push('error'));
  await new Promise(setImmediate);
  expect(party.openRequests).toBe(1);
  party.detach();
  for (const effect of held) effect();
  await new Promise(setImmediate);
  expect(party.openRequests).toBe(0);
  expect(events).toEqual([]);
});

describe('another host', () => {
  const AUTHORITY = '-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n';
  const HOSTS: Readonly<Record<string, Destination>> = {
    'abc.gr7.eu-central-1.eks.amazonaws.com': {
      server: createServer((request, response) => response.end(`cluster ${request.url}`)),
      certificateAuthority: Buffer.from(AUTHORITY).toString('base64'),
    },
    'private.gr7.eu-central-1.eks.amazonaws.com': 'silence',
  };
  const party = () => echo(undefined, (host) => HOSTS[host]);

  it('is reached by those who trust its authority', async () => {
    const { https } = party();
    const agent = new https.Agent({ ca: AUTHORITY });
    const url = 'https://ABC.gr7.eu-central-1.eks.amazonaws.com/api';
    expect(await answerTo((listener) => https.request(url, { agent }, listener))).toBe('cluster /api');
    expect(await answerTo((listener) => https.request(url, { ca: AUTHORITY }, listener))).toBe('cluster /api');
  });

  it.each([
    ['https://abc.gr7.eu-central-1.eks.amazonaws.com/', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['https://abc.gr7.eu-central-1.eks.amazonaws.com/', { ca: 'another' }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['https://unknown.gr7.eu-central-1.eks.amazonaws.com/', {}, 'ENOTFOUND'],
    ['https://example.com/', {}, 'ENOTFOUND'],
  ])('is not reached otherwise: %s with %o ends in %s', async (url, options, code) => {
    const { https } = party();
    const ended = Promise.withResolvers<unknown>();
    https.get(url, options, ended.resolve).on('error', ended.resolve);
    expect(await ended.promise).toMatchObject({ code });
  });

  it('may never answer, until the party gives up', async () => {
    const attachment = party();
    const abort = new AbortController();
    const ended = Promise.withResolvers<unknown>();
    const url = 'https://private.gr7.eu-central-1.eks.amazonaws.com/';
    attachment.https.get(url, { signal: abort.signal }, ended.resolve).on('error', ended.resolve);
    await new Promise(setImmediate);
    expect(attachment.openRequests).toBe(1);
    abort.abort();
    expect(await ended.promise).toMatchObject({ name: 'AbortError' });
    expect(attachment.openRequests).toBe(0);
  });
});
