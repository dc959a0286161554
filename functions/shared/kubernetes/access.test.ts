import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { clusterToken } from './access.ts';

const credentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG',
  sessionToken: 'se/ss+ion==',
};
const clock = { now: () => Date.parse('2026-07-14T06:00:00.123Z') };

const tokenFor = (options: Partial<Parameters<typeof clusterToken>[0]> = {}) =>
  clusterToken({ cluster: 'prod', region: 'eu-central-1', credentials, clock, ...options });
const urlIn = (token: string): URL => new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());

describe('clusterToken', () => {
  it('is a presigned GetCallerIdentity for the regional STS, in unpadded base64url', async () => {
    const token = await tokenFor();
    expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
    const { protocol, host, pathname, searchParams } = urlIn(token);
    expect([protocol, host, pathname]).toEqual(['https:', 'sts.eu-central-1.amazonaws.com', '/']);
    expect(Object.fromEntries(searchParams)).toEqual({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIDEXAMPLE/20260714/eu-central-1/sts/aws4_request',
      'X-Amz-Date': '20260714T060000Z',
      'X-Amz-Expires': '60',
      'X-Amz-Security-Token': 'se/ss+ion==',
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
    });
  });

  it('carries the signature that Signature Version 4 asks for, step by step', async () => {
    const url = urlIn(await tokenFor());
    const query = [
      'Action=GetCallerIdentity',
      'Version=2011-06-15',
      'X-Amz-Algorithm=AWS4-HMAC-SHA256',
      'X-Amz-Credential=AKIDEXAMPLE%2F20260714%2Feu-central-1%2Fsts%2Faws4_request',
      'X-Amz-Date=20260714T060000Z',
      'X-Amz-Expires=60',
      'X-Amz-Security-Token=se%2Fss%2Bion%3D%3D',
      'X-Amz-SignedHeaders=host%3Bx-k8s-aws-id',
    ].join('&');
    const headers = 'host:sts.eu-central-1.amazonaws.com\nx-k8s-aws-id:prod\n';
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    const canonical = `GET\n/\n${query}\n${headers}\nhost;x-k8s-aws-id\n${sha256('')}`;
    const scope = '20260714/eu-central-1/sts/aws4_request';
    const toSign = `AWS4-HMAC-SHA256\n20260714T060000Z\n${scope}\n${sha256(canonical)}`;
    const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
    expect(url.searchParams.get('X-Amz-Signature')).toBe(hmac(key, toSign).toString('hex'));
  });

  it.each([
    ['another cluster', { cluster: 'stage' }],
    ['another moment', { clock: { now: () => clock.now() + 1000 } }],
    ['another region', { region: 'eu-west-1' }],
    ['other credentials', { credentials: { ...credentials, secretAccessKey: 'other' } }],
  ])('is another token for %s', async (_what, options) => {
    const signature = (token: string) => urlIn(token).searchParams.get('X-Amz-Signature');
    expect(signature(await tokenFor(options))).not.toBe(signature(await tokenFor()));
  });

  it('asks a credentials provider, and the STS of China there', async () => {
    const { host, searchParams } = urlIn(
      await tokenFor({
        region: 'cn-north-1',
        credentials: async () => ({ ...credentials, accessKeyId: 'AKIDPROVIDED' }),
      }),
    );
    expect(host).toBe('sts.cn-north-1.amazonaws.com.cn');
    expect(searchParams.get('X-Amz-Credential')).toMatch(/^AKIDPROVIDED\//);
  });
});
