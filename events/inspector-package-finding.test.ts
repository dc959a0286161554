import { describe, expect, it } from 'vitest';
import { compileEventPattern } from '../sandbox/account/event-bridge/event-pattern.ts';
import { RECORDED_EVENTS, recordedEvent } from '../test/recorded-events.ts';
import { patternFrom, SEVERITIES, sample, schema, severitiesFrom } from './inspector-package-finding.ts';

const matches = compileEventPattern(patternFrom('HIGH'));
const having = (detail: object) => ({ ...sample, detail: { ...sample.detail, ...detail } });
const resource = (type: string, id = 'x') => having({ resources: [{ type, id }] });

describe('the rule', () => {
  it.each([
    ['a CRITICAL finding', having({ severity: 'CRITICAL' }), true],
    ['a HIGH one', having({ severity: 'HIGH' }), true],
    ['a closed one, which closes what was open', having({ status: 'CLOSED' }), true],
    ['a suppressed one', having({ status: 'SUPPRESSED' }), true],
    ['a MEDIUM one', having({ severity: 'MEDIUM' }), false],
    ['one that is not rated yet', having({ severity: 'UNTRIAGED' }), false],
    ['one in a state that AWS may add', having({ status: 'ARCHIVED' }), false],
    ['one about the network', having({ type: 'NETWORK_REACHABILITY' }), false],
    ['one about code', having({ type: 'CODE_VULNERABILITY' }), false],
    ['one in a container image', resource('AWS_ECR_CONTAINER_IMAGE'), false],
    ['one in a Lambda function', resource('AWS_LAMBDA_FUNCTION'), false],
    ['one in a virtual machine of Azure', resource('AZURE_VM'), false],
  ])('for %s: %s', (_what, event, expected) => {
    expect(matches(event)).toBe(expected);
  });

  it.each(SEVERITIES)('from the floor %s on lets through what is at least as grave', (floor) => {
    const fromFloor = compileEventPattern(patternFrom(floor));
    const through = SEVERITIES.filter((severity) => fromFloor(having({ severity })));
    expect(through).toEqual(severitiesFrom(floor));
    expect(through.at(-1)).toBe(floor);
  });
});

it.each([
  ['no instance', resource('AWS_LAMBDA_FUNCTION'), 'detail.resources'],
  ['no ARN', having({ findingArn: 'FINDING_ID' }), 'detail.findingArn'],
  ['no severity', having({ severity: undefined }), 'detail.severity'],
])('a finding with %s is malformed, and the field is named', (_what, event, field) => {
  expect(schema.safeParse(event).error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
});

describe.runIf(RECORDED_EVENTS.size > 0)('findings recorded elsewhere', () => {
  const recorded = (name: string) => recordedEvent(`inspector2-finding-ec2-${name}.json`);

  it('a package vulnerability parses, and matches where its severity is wanted', () => {
    const finding = recorded('package-vulnerability');
    expect(schema.safeParse(finding).error).toBeUndefined();
    expect(compileEventPattern(patternFrom('MEDIUM'))(finding)).toBe(true);
    expect(matches(finding)).toBe(false);
    expect(matches({ ...finding, detail: { ...finding.detail, severity: 'CRITICAL', status: 'ACTIVE' } })).toBe(true);
  });

  it('network reachability never matches', () => {
    const network = recorded('network-reachability');
    expect(compileEventPattern(patternFrom('INFORMATIONAL'))(network)).toBe(false);
    expect(schema.safeParse(network).success).toBe(false);
  });
});
