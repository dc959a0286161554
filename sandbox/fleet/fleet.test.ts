import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { amiTypes, existsFor } from '../account/eks/ami-types.ts';
import { fleetJsonSchema, parseFleet } from './parse-fleet.ts';
import { snapshotFleet } from './snapshot.ts';
import { testAccount } from './test-account.ts';

const START = '2026-07-14T12:00:00Z';

describe('a fleet file', () => {
  const folder = new URL('../fleets/', import.meta.url);
  const files = readdirSync(folder);

  it.each(files)('%s is a good example, and says what it shows', (file) => {
    const fleet = parseFleet(readFileSync(new URL(file, folder), 'utf8'), file);
    expect(fleet.description.length).toBeGreaterThan(40);
    expect(testAccount(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).state.instances.list()).not.toEqual([]);
  });

  it('spells out a hundred clusters of ten groups', () => {
    const { clusters } = parseFleet(readFileSync(new URL('thousand-groups.json', folder), 'utf8'), 'thousand');
    expect(clusters.map(({ name }) => name).slice(-1)).toEqual(['cluster-100']);
    expect(clusters.flatMap(({ nodeGroups }) => nodeGroups)).toHaveLength(1000);
  });

  it('replays the real history, each release at 17:00 UTC of its tag’s day', async () => {
    const at = testAccount({
      startsAt: '2026-03-05T00:00:00Z',
      releases: [{ history: 'eks-ami-releases', from: '2026-03-01', to: '2026-04-01' }],
      clusters: [{ name: 'c', version: '1.33', nodeGroups: [{ name: 'g' }] }],
    });
    const latest = () => at.state.releases.latest('1.33', 'AL2023_x86_64_STANDARD', at.state.world.time.now);
    expect(latest()?.releaseVersion).toMatch(/-20260304$/);
    // The tag v20260318 published release versions that end in 20260311.
    await at.state.world.time.play(Date.parse('2026-03-18T16:59:59Z'));
    expect(latest()?.releaseVersion).toMatch(/-20260304$/);
    await at.state.world.time.play(Date.parse('2026-03-18T17:00:00Z'));
    expect(latest()?.releaseVersion).toMatch(/-20260311$/);
  });

  it('can be looked at whole, as plain JSON', async () => {
    const demo = JSON.parse(readFileSync(new URL('demo.json', folder), 'utf8'));
    const at = testAccount({ ...demo, startsAt: '2026-07-14T16:30:00Z' });
    const target = { version: '1.35', releaseVersion: '1.35.6-20260625' };
    at.call('eks', 'UpdateNodegroupVersion', { clusterName: 'shop', nodegroupName: 'web', ...target });
    await at.play(60_000);
    const snapshot = snapshotFleet(at.state);
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    expect(snapshot.at).toBe('2026-07-14T16:31:00.000Z');
    expect(snapshot.clusters.map(({ name, nodeGroups }) => [name, ...nodeGroups.map((group) => group.name)])).toEqual([
      ['shop', 'batch', 'web'],
      ['data', 'frozen', 'postgres'],
    ]);
    expect(snapshot.clusters[0]?.nodeGroups[1]).toMatchObject({
      status: 'UPDATING',
      ...target,
      nodes: Array(3).fill({ state: 'running', node: 'Ready' }),
      updates: [{ type: 'VersionUpdate', status: 'InProgress', createdAt: '2026-07-14T16:30:00.000Z' }],
    });
  });

  it('may describe any fleet that its schema allows', () => {
    const version = fc.integer({ min: 28, max: 37 }).map((minor) => `1.${minor}`);
    const group = fc.record({
      amiType: fc.constantFrom(...amiTypes),
      desiredSize: fc.nat(5),
      repeat: fc.integer({ min: 1, max: 3 }),
      updateConfig: fc.constantFrom({ maxUnavailable: 2 }, { maxUnavailablePercentage: 33 }, {}),
      status: fc.constantFrom('ACTIVE', 'DEGRADED', 'CREATING', 'UPDATING'),
      statusUntil: fc.constantFrom(undefined, '+1h', '2026-07-15T00:00:00+02:00'),
    });
    const cluster = fc.record({
      version,
      repeat: fc.integer({ min: 1, max: 3 }),
      nodeGroups: fc.array(group, { maxLength: 4 }),
      pools: fc.nat(3),
      auto: fc.nat(2),
    });
    fc.assert(
      fc.property(fc.array(cluster, { maxLength: 3 }), (clusters) => {
        const file = {
          clusters: clusters.map(({ nodeGroups, pools, auto, ...rest }, index) => ({
            ...rest,
            name: `c${index}-{n}`,
            nodeGroups: nodeGroups
              .filter(({ amiType }) => existsFor(amiType, rest.version))
              .map((one, at) => ({
                ...one,
                name: `g${at}-{n}`,
                releaseVersion: anyRelease(one.amiType, rest.version),
              })),
            karpenterNodePools: [{ name: 'pool', size: pools }],
            autoMode: { instances: auto },
          })),
        };
        const workers = file.clusters.flatMap(({ repeat, nodeGroups, karpenterNodePools, autoMode }) => {
          const managed = nodeGroups
            .filter(({ status }) => status !== 'CREATING')
            .map((one) => one.repeat * one.desiredSize);
          const all = [...managed, karpenterNodePools[0]?.size ?? 0, autoMode.instances];
          return all.map((count) => count * repeat);
        });
        const { state } = testAccount(file);
        const instances = state.instances.list();
        expect(instances).toHaveLength(workers.reduce((sum, count) => sum + count, 0));
        expect(new Set(instances.map(({ privateDnsName }) => privateDnsName)).size).toBe(instances.length);
        expect(schema.safeParse({ startsAt: START, ...JSON.parse(JSON.stringify(file)) }).success).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  const schema = z.fromJSONSchema(fleetJsonSchema());

  it('has a JSON Schema that takes what it takes, refuses what it refuses, and describes every field', () => {
    for (const file of files) {
      expect(schema.safeParse(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).error).toBeUndefined();
    }
    for (const bad of [
      {},
      { startsAt: START, extra: 1 },
      { startsAt: START, clusters: [{ name: 'c' }] },
      { startsAt: '1' },
    ]) {
      expect(schema.safeParse(bad).success).toBe(false);
    }
    expect(undescribed(fleetJsonSchema())).toEqual([]);
  });
});

function anyRelease(amiType: string, version: string): string {
  if (amiType.startsWith('BOTTLEROCKET')) return '1.30.0-ca9b9399';
  return amiType.startsWith('WINDOWS') ? `${version}-2026.07.01` : `${version}.4-20260701`;
}

/** The properties anywhere in a schema that have no description. */
function undescribed(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const nested = Object.entries(schema).flatMap(([key, value]) =>
    key === 'properties'
      ? Object.entries(value).flatMap(([name, property]) => [
          ...(typeof property === 'object' && property !== null && 'description' in property
            ? []
            : [`${path}.${name}`]),
          ...undescribed(property, `${path}.${name}`),
        ])
      : undescribed(value, path),
  );
  return nested;
}
