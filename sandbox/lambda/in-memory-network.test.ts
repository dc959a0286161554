import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { InMemoryNetwork } from './in-memory-network.ts';

/** A server that answers with what it got, and a party attached to it. */
function echo(gate = (effect: () => void) => effect()) {
  const server = createServer(async (request, response) => {
    const body = await text(request);
    response.end(`${request.method} ${request.headers.host}${request.url} ${body}`);
  });
  return new InMemoryNetwork(server).attach(gate);
}

type Listener = (response: IncomingMessage) => void;
const answerTo = (send: (listener: Listener) => { end(): unknown }): Promise<string> =>
  new Promise((resolve) => void send((response) => resolve(text(response))).end());

it('reaches the server by every form of request, whatever the host', async () => {
  const { http, https } = echo();
  expect(await answerTo((listener) => https.request('https://eks.aws/a?b=c', listener))).toBe('GET eks.aws/a?b=c ');
  const options = { method: 'DELETE' };
  expect(await answerTo((listener) => https.request(new URL('https://ec2.aws/'), options, listener))).toBe(
    'DELETE ec2.aws/ ',
  );
  expect(await answerTo((listener) => http.get({ host: 'plain', path: '/x' }, listener))).toBe('GET plain/x ');
});

it('keeps the order and content of big bodies', async () => {
  const { https } = echo();
  const body = Array.from({ length: 200_000 }, (_, index) => String(index)).join();
  const answer = answerTo((listener) => {
    const request = https.request({ host: 'a', method: 'POST', agent: new https.Agent({ keepAlive: true }) }, listener);
    request.write(body.slice(0, 1000));
    request.write(body.slice(1000));
    return request;
  });
  expect(await answer).toBe(`POST a/ ${body}`);
});

it('counts requests that are not answered, and forgets them when the party is detached', async () => {
  const held: Array<() => void> = [];
  const party = echo((effect) => held.push(effect));
  const events: string[] = [];
  const request = party.https.get('https://a/', () => events.push('response'));
  request.on('error', () => events.push('error'));
  await new Promise(setImmediate);
  expect(party.openRequests).toBe(1);
  party.detach();
  for (const effect of held) effect();
  await new Promise(setImmediate);
  expect(party.openRequests).toBe(0);
  expect(events).toEqual([]);
});
