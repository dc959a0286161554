import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { decide } from './decide.ts';
import { findings, NOW, observation, worker } from './observation.fixture.ts';

const DIGEST = `sha256:${'0f3a5c7e'.repeat(8)}`;
const policy = (installerImage?: string) =>
  parsePolicy(JSON.stringify({ ssmAgent: installerImage === undefined ? {} : { installerImage } }), 'enforce');
const lacking = observation(worker({ findings: findings() }));
const about = (image: string | undefined, ...installerRegistries: string[]) =>
  decide(lacking, { policy: policy(image), now: NOW, account: '111122223333', installerRegistries });

describe('the image that installs agents, as root', () => {
  it.each([
    'evil.example/root:latest',
    'evil.example/root',
    `r.example/a@sha256:short`,
    `r.example/a@md5:${'0'.repeat(64)}`,
  ])('is given by digest: %s is refused with the fix', (image) => {
    const read = policy(image);
    const faults = JSON.stringify(read);
    expect(isInvalid(read) || faults.includes('installerImage')).toBe(true);
    expect(faults).toContain('registry/name@sha256:');
  });

  it('is of a registry that the deployment allows: whoever writes the policy gets no root on nodes', () => {
    const evil = about(`evil.example/root@${DIGEST}`, 'r.example/mirror');
    expect(evil).toMatchObject({ decision: 'failed', reason: 'agent-missing' });
    expect(evil.begin).toBeUndefined();
    expect(evil.message).toContain('allows no installer image of evil.example (installerRegistries)');
  });

  it.each([`r.example/mirrored@${DIGEST}`, `r.example.evil/mirror/a@${DIGEST}`, `r.example/a@${DIGEST}`])(
    'is none that only begins alike: %s',
    (image) => {
      expect(about(image, 'r.example/mirror').begin).toBeUndefined();
    },
  );

  it('may come from a mirror where nothing leads to the Internet', () => {
    const shutIn = observation(worker({ findings: findings({ shutInBy: 'the subnet has no default route' }) }));
    const mirrored = policy(`r.example/mirror/al@${DIGEST}`);
    const circumstances = { now: NOW, account: '111122223333', installerRegistries: ['r.example/mirror'] };
    expect(decide(shutIn, { ...circumstances, policy: mirrored }).begin).toBe('install-agent');
    expect(decide(shutIn, { ...circumstances, policy: policy() }).begin).toBeUndefined();
  });

  it.each([undefined, `r.example/mirror/al@${DIGEST}`])('installs where it is allowed: %s', (image) => {
    expect(about(image, 'r.example/mirror').begin).toBe('install-agent');
  });
});
