import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from '../../test/harness.ts';
import type { EmbeddedAccount } from '../embedded-account.ts';
import { type ConsoleServer, serveConsole } from './console-server.ts';

let account: EmbeddedAccount;
let server: ConsoleServer;

beforeAll(async () => {
  ({ account } = await start({ fleet: 'demo', play: '10m' }));
  server = await serveConsole(account, 0);
});
afterAll(() => server.close());

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | string;
}

/** Does not use `fetch`, which cannot set a Host header. */
function ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = request(new URL(path, server.url), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(typeof body === 'object' ? JSON.stringify(body) : body);
  });
}
const JSON_BODY = { 'content-type': 'application/json' };
const standing = async () => JSON.parse((await ask('/standing')).text);
const context = { theme: 'dark', range: '1d', width: 900, forms: {} };

it('listens on the loopback interface only', () => {
  expect(new URL(server.url).hostname).toBe('127.0.0.1');
});

it('gives the page under a policy that lets nothing run but its own script', async () => {
  const { status, headers, text } = await ask('/');
  expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';/);
  expect(text).not.toMatch(/<script(?![^>]* src="\/page\.js")|\son\w+=/);
  expect((await ask('/page.js')).text).toContain('cwdb-action');
});

it('shows the widget of the dashboard as CloudWatch would: with its theme, its time range, its forms', async () => {
  const { endpoint, params } = await standing();
  expect(account.lambda.function(endpoint).label).toBe('review-actions');
  const call = { endpoint, params, context: { ...context, forms: { 'ehr-find': 'no such thing' } } };
  const { html } = JSON.parse((await ask('/call', { method: 'POST', headers: JSON_BODY, body: call })).text);
  expect(html).toContain('background:#0f1b2a');
  expect(html).toContain('value="no such thing"');
});

it('lets time pass', async () => {
  const before = account.time.now;
  expect((await ask('/pass', { method: 'POST', headers: JSON_BODY, body: { minutes: 5 } })).status).toBe(200);
  expect(account.time.now - before).toBe(300_000);
});

describe('it refuses', () => {
  it.each([
    ['another host', '/', { headers: { host: 'evil.example' } }, 403],
    ['a page of another origin', '/standing', { headers: { origin: 'https://evil.example' } }, 403],
    ['a form of another page', '/call', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' }, 405],
    ['what is no JSON', '/call', { method: 'POST', headers: JSON_BODY, body: '{' }, 400],
    [
      'a function that is not there',
      '/call',
      { method: 'POST', headers: JSON_BODY, body: { endpoint: 'arn:aws:lambda:none', params: {}, context } },
      404,
    ],
    ['years', '/pass', { method: 'POST', headers: JSON_BODY, body: { minutes: 1e9 } }, 400],
    ['other paths', '/../package.json', {}, 404],
    ['other methods', '/', { method: 'DELETE' }, 405],
  ] as Array<[string, string, Asked, number]>)('%s', async (_, path, asked, status) => {
    expect((await ask(path, asked)).status).toBe(status);
  });
});
