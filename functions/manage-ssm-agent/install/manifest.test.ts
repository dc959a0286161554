import { dumpYaml, loadYaml } from '@kubernetes/client-node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unknownFields } from '../../../kubernetes/unknown-fields.fixture.ts';
import { INSTALLER, INSTALLER_NODE_LIMIT, installerDaemonSet } from './manifest.ts';
import { INSTALL_SCRIPT } from './script.ts';

const options = { nodeNames: ['ip-10-0-0-1.ec2.internal'], region: 'eu-central-1', image: 'registry/image:1' };

/** Looks a value up by keys and indexes. */
const at = (value: unknown, ...path: ReadonlyArray<string | number>): unknown =>
  path.reduce<unknown>(
    (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
    value,
  );

const POD = ['spec', 'template', 'spec'] as const;
const CONTAINER = [...POD, 'containers', 0] as const;
const AFFINITY = [...POD, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'] as const;

/**
 * Expands references to environment variables in commands like Kubernetes:
 * `k8s.io/kubernetes/third_party/forked/golang/expansion`.
 */
const expand = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (all, name) => (all === '$$' ? '$' : (variables[name] ?? all)));

const anyName = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '$(touch x)',
    '`x`',
    '$$',
    '$(REGION)',
    '"',
    "'",
    '- a: b',
    '#',
    '\n---\nkind: Pod',
    'null',
    '1',
    '__proto__',
  ),
);

describe('the DaemonSet', () => {
  it('runs on just the named nodes, each in a term of its own, sorted and once', () => {
    const daemonSet = installerDaemonSet({ ...options, nodeNames: ['b', 'a', 'b'] });
    expect(at(daemonSet, ...AFFINITY)).toEqual({
      nodeSelectorTerms: ['a', 'b'].map((name) => ({
        matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
      })),
    });
    expect(daemonSet).toEqual(installerDaemonSet({ ...options, nodeNames: ['a', 'b'] }));
  });

  it.each([0, INSTALLER_NODE_LIMIT + 1])('is refused for %i nodes', (count) => {
    const nodeNames = Array.from({ length: count }, (_, index) => `node-${index}`);
    expect(() => installerDaemonSet({ ...options, nodeNames })).toThrow(RangeError);
  });

  it('stays below a third of what Kubernetes takes, with as many nodes as it may have, of the longest names', () => {
    const nodeNames = Array.from({ length: INSTALLER_NODE_LIMIT }, (_, index) => String(index).padEnd(253, 'x'));
    expect(JSON.stringify(installerDaemonSet({ ...options, nodeNames })).length).toBeLessThan((1.5 * 1024 * 1024) / 3);
  });

  it('tolerates every taint, and keeps off what is not Linux', () => {
    const daemonSet = installerDaemonSet(options);
    expect(at(daemonSet, ...POD, 'tolerations')).toEqual([{ operator: 'Exists' }]);
    expect(at(daemonSet, ...POD, 'nodeSelector')).toEqual({ 'kubernetes.io/os': 'linux' });
  });

  it('has the host and nothing of the cluster: no token, no service account, no links, no priority over others', () => {
    const pod = at(installerDaemonSet(options), ...POD);
    expect(pod).toMatchObject({ hostPID: true, hostNetwork: true, automountServiceAccountToken: false });
    expect(pod).not.toHaveProperty('serviceAccountName');
    expect(pod).not.toHaveProperty('priorityClassName');
    expect(at(pod, 'containers')).toHaveLength(1);
    expect(at(pod, 'containers', 0, 'securityContext')).toMatchObject({
      privileged: true,
      readOnlyRootFilesystem: true,
    });
  });

  it('selects its own pods, in its own namespace', () => {
    const daemonSet = installerDaemonSet(options);
    expect(daemonSet.metadata).toMatchObject(INSTALLER);
    const selected = at(daemonSet, 'spec', 'selector', 'matchLabels');
    expect(selected).toEqual({ 'app.kubernetes.io/name': INSTALLER.name });
    expect(at(daemonSet, 'spec', 'template', 'metadata', 'labels')).toMatchObject(Object(selected));
  });

  it('gives the script the settings that it reads, and waits for the file that it makes', () => {
    const container = at(installerDaemonSet(options), ...CONTAINER);
    const env = at(container, 'env');
    const names = Array.isArray(env) ? env.map((variable) => at(variable, 'name')) : [];
    for (const name of names) expect(INSTALL_SCRIPT).toMatch(new RegExp(`"?\\$${name}\\b`));
    const inherited = [...INSTALL_SCRIPT.matchAll(/\$([A-Z][A-Z_]+)/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(inherited));
    expect(at(container, 'readinessProbe', 'exec', 'command')).toEqual(['cat', '/work/ready']);
  });

  it('gives the script to the shell as it is, after Kubernetes has expanded references', () => {
    const command = at(installerDaemonSet(options), ...CONTAINER, 'command');
    if (!Array.isArray(command)) throw new TypeError('no command');
    // Every possible reference in the script is a variable here.
    const variables = Object.fromEntries(
      [...INSTALL_SCRIPT.matchAll(/\$\(([^)]*)\)/g)].map(([, name]) => [name, 'REPLACED']),
    );
    expect(Object.keys(variables).length).toBeGreaterThan(0);
    expect(expand(INSTALL_SCRIPT, variables)).not.toBe(INSTALL_SCRIPT);
    expect(command.map((part) => expand(part, variables))).toEqual(['/bin/sh', '-c', INSTALL_SCRIPT]);
  });

  it('has names, region and image as data only, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyName, { minLength: 1, maxLength: 5 }),
        anyName,
        anyName,
        (nodeNames, region, image) => {
          const hostile = installerDaemonSet({ nodeNames, region, image });
          const terms = at(hostile, ...AFFINITY, 'nodeSelectorTerms');
          if (!Array.isArray(terms)) throw new TypeError('no terms');
          expect(terms.map((term) => at(term, 'matchFields', 0, 'values', 0))).toEqual([...nodeNames].sort());
          expect(at(hostile, ...CONTAINER, 'image')).toBe(image);
          expect(
            expand(String(at(hostile, ...CONTAINER, 'env', 0, 'value')), { REGION: 'REPLACED', 'touch x': '' }),
          ).toBe(region);

          // With the same inserted => With the same text inserted
          const harmless = structuredClone(installerDaemonSet(options));
          Object.assign(Object(at(harmless, ...AFFINITY)), { nodeSelectorTerms: terms });
          Object.assign(Object(at(harmless, ...CONTAINER)), { image });
          Object.assign(Object(at(harmless, ...CONTAINER, 'env', 0)), {
            value: at(hostile, ...CONTAINER, 'env', 0, 'value'),
          });
          expect(hostile).toEqual(harmless);

          expect(JSON.parse(JSON.stringify(hostile))).toEqual(hostile);
          expect(loadYaml(dumpYaml(hostile, { noRefs: true }))).toEqual(hostile);
        },
      ),
    );
  });

  it('has no field that Kubernetes does not know', () => {
    expect(unknownFields(installerDaemonSet(options), 'V1DaemonSet')).toEqual([]);
  });

  it.each([
    [[...POD], 'hostPid', true],
    [[...CONTAINER], 'readyProbe', {}],
    [[...CONTAINER, 'securityContext'], 'privilege', true],
    [['spec', 'updateStrategy'], 'types', 'OnDelete'],
    [[...AFFINITY, 'nodeSelectorTerms', 0], 'matchField', []],
  ])('would be caught with a misspelt field in %j: %s', (path, name, value) => {
    const daemonSet = structuredClone(installerDaemonSet(options));
    Object.assign(Object(at(daemonSet, ...path)), { [name]: value });
    expect(unknownFields(daemonSet, 'V1DaemonSet')).toEqual([
      expect.stringMatching(new RegExp(`\\.${name} is unknown$`)),
    ]);
  });
});
