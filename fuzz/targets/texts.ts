import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from '../../cli/arguments.ts';
import { COMMANDS } from '../../cli/commands.ts';
import { checkPolicy } from '../../cli/policy-check.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { readHost } from '../../functions/check-posture/host/host.ts';
import { judge } from '../../functions/check-posture/judge/judge.ts';
import { readNode } from '../../functions/check-posture/judge/node.ts';
import { readKubeBench } from '../../functions/check-posture/kube-bench/report.ts';
import { parsePolicy } from '../../functions/policy-document.ts';
import { isInvalid } from '../../functions/shared/policy/policy.ts';
import { readSettings } from '../../infra/settings.ts';
import { parseSettingsFile } from '../../infra/settings-file.ts';
import { al2023, bottlerocket, cisReport } from '../../sandbox/account/ssm/node-systems.ts';
import { parseFleet } from '../../sandbox/fleet/parse-fleet.ts';
import type { Target } from '../target.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** 2026-01-01. */
const NOW = Date.UTC(2026, 0, 1);
/** CPU of an input without any length, ms: the first call of a parser compiles it. */
const ALLOWANCE_MS = 250;

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The examples of policies in the documentation. */
const policies = (): string[] =>
  [...textOf('docs/policy.md').matchAll(/```json\n(.*?)```/gs)].map(([, example = '']) => example);

const policy: Target = {
  name: 'policy',
  seeds: policies(),
  rejects: [],
  allowance: ALLOWANCE_MS,
  run(text) {
    const parsed = parsePolicy(text, 'enforce');
    const { faults, warnings } = checkPolicy(text, NOW);
    const isPraised = isInvalid(parsed) && faults.length === 0;
    return {
      said: [...faults, ...warnings],
      ...(isPraised && { breaches: ['the check finds no fault in what functions cannot read'] }),
    };
  },
};

const fleet: Target = {
  name: 'fleet',
  seeds: ['demo', 'mixed', 'quarantine', 'findings'].map((name) => textOf(`sandbox/fleets/${name}.json`)),
  rejects: ['FleetFileError'],
  allowance: ALLOWANCE_MS,
  run(text) {
    parseFleet(text, 'fleet.json');
    return { said: ['read'] };
  },
};

const settings: Target = {
  name: 'settings',
  seeds: [textOf('infra/example.settings.json')],
  rejects: ['SettingsError'],
  allowance: ALLOWANCE_MS,
  run(text) {
    return { said: Object.keys(readSettings(parseSettingsFile(text, 'settings.json'))) };
  },
};

/** One command line for each command, with all of its options. */
const commandLines = (): string[][] =>
  COMMANDS.flatMap(({ name, options }) => [
    [name, 'shop/web'],
    [
      name,
      'shop/web',
      ...Object.entries(options).flatMap(([option, { type }]) =>
        type === 'string' ? [`--${option}`, '7d'] : [`--${option}`],
      ),
    ],
  ]);

const commandLine: Target = {
  name: 'arguments',
  seeds: commandLines().map((argv) => JSON.stringify(argv)),
  rejects: [],
  allowance: ALLOWANCE_MS,
  run(text) {
    const argv = argvOf(text);
    try {
      return { said: saidTo(argv) };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const own = argv.filter((argument) => argument !== '' && !OWN.has(argument));
      return { said: [own.reduce((message, argument) => message.replaceAll(argument, '·'), error.message)] };
    }
  },
};

/** The command and options that were read. Nothing is done with them. */
function saidTo(argv: readonly string[]): string[] {
  const request = readArguments(argv, COMMANDS);
  if (!('command' in request)) return Object.keys(request);
  const { command, given } = request;
  const local = command.local?.(given);
  if (local === undefined) command.read(given);
  const options = Object.keys(given.options).map((option) => `${command.name} --${option}`);
  return [`${command.name} ${local === undefined ? 'by AWS' : 'by itself'}`, ...options];
}

/** Arguments that an error may name as its own words. */
const OWN: ReadonlySet<string> = new Set(commandLines().flat());

/** Arguments are texts without NUL. A text that is no JSON is split at its blanks. */
function argvOf(text: string): string[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    json = text.split(' ');
  }
  const given = Array.isArray(json) ? json : [json];
  return given.map((each) =>
    (typeof each === 'string' ? each : (JSON.stringify(each) ?? '')).replaceAll('\0', '').toWellFormed(),
  );
}

/** Whoever is root on a node writes what the gathering script is said to have printed there. */
const hostReport: Target = {
  name: 'host-report',
  seeds: [al2023(), bottlerocket(), bottlerocket({ report: cisReport() })].map((node) => JSON.stringify(node)),
  rejects: ['NodeError', 'SyntaxError'],
  allowance: ALLOWANCE_MS,
  run(text) {
    const gathered: unknown = JSON.parse(text);
    const judgements = judge(readNode(gathered));
    readHost(gathered);
    return { said: Object.entries(judgements).map(([check, { verdict }]) => `${check} ${verdict}`) };
  },
};

const kubeBench: Target = {
  name: 'kube-bench',
  seeds: [
    JSON.stringify({
      Controls: [
        {
          version: 'eks-1.5.0',
          node_type: 'node',
          tests: [{ results: [{ test_number: '3.1.1', test_desc: 'x', status: 'PASS', actual_value: '644' }] }],
        },
      ],
    }),
  ],
  rejects: ['KubeBenchError', 'SyntaxError'],
  allowance: ALLOWANCE_MS,
  run(text) {
    return { said: readKubeBench(JSON.parse(text)).map(({ status, check }) => `${status} ${check}`) };
  },
};

/** What takes texts without an account. */
export const TEXT_TARGETS: readonly Target[] = [policy, fleet, settings, commandLine, hostReport, kubeBench];
