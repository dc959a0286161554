import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { readArguments as readCommand } from '../cli/arguments.ts';
import { COMMANDS } from '../cli/commands.ts';
import { parsePolicy } from '../functions/policy-document.ts';
import { isInvalid } from '../functions/shared/policy/policy.ts';
import { readArguments } from '../sandbox/cli/arguments.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { PAGES, type Page, ROOT, readPage } from './markdown.ts';

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));

/** npm's own commands, which need no script. */
const NPM_COMMANDS = ['ci', 'cit', 'install', 'pack', 'run'];

/** Paths that a page names: below one of the repository's folders, or the bare name of a source file. */
function pathsIn({ blocks, code }: Page): string[] {
  const words = [...code, ...blocks.filter(({ language }) => language !== '').map(({ text }) => text)]
    .join(' ')
    .replaceAll(/<\w+>/g, '*')
    .split(/[\s`'",]+/);
  const folders = globSync('*/', { cwd: ROOT }).filter((name) => name !== 'node_modules');
  return words.filter((word) => folders.includes(word.split('/')[0] ?? '') || /^[\w*-][\w.*-]*\.ts$/.test(word));
}

/** Files of a tree such as ARCHITECTURE's, each where the tree has it. */
function filesInTree(tree: string): string[] {
  const files: string[] = [];
  let folders: string[] = [];
  for (const line of tree.split('\n')) {
    const indent = line.search(/\S/);
    const [first = '', second = ''] = line.trim().split(/\s+/);
    if (first.endsWith('/')) {
      folders = [...folders.slice(0, indent / 2), first];
      files.push(folders.join(''));
    }
    const file = [first, second].find((word) => /\.ts$/.test(word));
    if (file !== undefined) files.push(folders.join('') + file);
  }
  return files;
}

describe.each(PAGES.map((page): [string, Page] => [page.file, page]))('%s', (file, page) => {
  it('links to what exists', () => {
    const links = [...page.text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    const missing = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(ROOT, dirname(file), link)));
    expect(missing).toEqual([]);
  });

  it('names files that exist', () => {
    const missing = pathsIn(page).filter(
      (path) => globSync([path, ...(path.includes('/') ? [] : [`**/${path}`])], { cwd: ROOT, exclude }).length === 0,
    );
    expect(missing).toEqual([]);
  });

  it('gives commands that exist', () => {
    const commands = [...page.text.matchAll(/\bnpm (?:run (?:-s )?)?([a-z][\w:-]*)/g)].map(([, name = '']) => name);
    expect(commands.filter((name) => !(name in scripts) && !NPM_COMMANDS.includes(name))).toEqual([]);
  });

  it('gives examples of policies and fleets that are taken', () => {
    const examples = [
      ...page.blocks.filter(({ language }) => language === 'json').map(({ text }) => text),
      ...page.code.filter((code) => /^\{.*\}$/.test(code) && !code.includes('$.')),
    ];
    for (const example of examples) {
      if (example.includes('"startsAt"')) parseFleet(example, file);
      else expect(isInvalid(parsePolicy(example, 'enforce')), example).toBe(false);
    }
  });

  it("gives operators' commands that are taken", () => {
    const commands = [...page.text.matchAll(/^npx eks-host-remediator (.*?)(?: +#.*)?$/gm)].map(
      ([, line = '']) => line,
    );
    for (const command of commands) {
      const words = [...command.matchAll(/"([^"]*)"|\S+/g)].map(([word, inQuotes]) => inQuotes ?? word);
      const request = readCommand(words, COMMANDS);
      if ('command' in request) request.command.read(request.given);
    }
  });

  it('gives sandbox commands that are taken', () => {
    const commands = [...page.text.matchAll(/^npm run -s sandbox -- (.*?)(?: +#.*)?$/gm)].map(([, line = '']) => line);
    for (const command of commands) readArguments(command.trim().split(/\s+/));
  });
});

const exclude = ['node_modules/**', 'cdk.out/**'];

it('scripts of package.json run files that exist', () => {
  const files = Object.values(scripts).flatMap((script) => script.match(/[\w./-]+\.ts/g) ?? []);
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

it('ARCHITECTURE.md shows the rooms as they are', () => {
  const tree = readPage('ARCHITECTURE.md').blocks.find(({ text }) => text.startsWith('functions/'))?.text ?? '';
  const files = filesInTree(tree);
  expect(files).toContain('functions/upgrade-node-groups/plan/plan.ts');
  expect(files.filter((path) => globSync(path, { cwd: ROOT }).length === 0)).toEqual([]);
  // No folder is left out.
  expect(globSync(['functions/*/', 'sandbox/*/'], { cwd: ROOT }).filter((path) => !files.includes(`${path}/`))).toEqual(
    [],
  );
});

it('ARCHITECTURE.md says where it is decided, as it is', () => {
  const rows = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8').matchAll(/^\| .*\? \| `([^`]+)` \| `([^`]+)` \|$/gm);
  const places = [...rows].map(([, file = '', name = '']) => ({ file, name }));
  expect(places.length).toBeGreaterThan(8);
  const isThere = ({ file, name }: { file: string; name: string }) =>
    existsSync(join(ROOT, 'functions', file)) &&
    new RegExp(`^export (function|const) ${name}\\b`, 'm').test(readFileSync(join(ROOT, 'functions', file), 'utf8'));
  expect(places.filter((place) => !isThere(place))).toEqual([]);
});

it('README.md begins with the two commands', () => {
  const [first] = readPage('README.md').blocks.filter(({ language }) => language === 'sh');
  expect(first?.text).toMatch(/^npm start .*\nnpm cit .*\n$/);
});

describe('the example of a pipeline', () => {
  const text = readPage('docs/policy.md').blocks.find(({ language }) => language === 'yaml')?.text ?? '';
  const workflow = z
    .object({
      permissions: z.object({ contents: z.literal('read') }),
      jobs: z.record(
        z.string(),
        z.object({ steps: z.array(z.object({ uses: z.string(), run: z.string() }).partial()) }),
      ),
    })
    .parse(parse(text));
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it('runs a command that there is, which asks nothing of AWS', () => {
    const [, line = ''] = /eks-host-remediator (policy .*)$/.exec(steps.at(-1)?.run ?? '') ?? [];
    const request = readCommand(line.split(' '), COMMANDS);
    expect('command' in request && request.command.local?.(request.given)).toBeTypeOf('function');
  });

  it('pins what it uses by commit', () => {
    const used = steps.flatMap(({ uses }) => uses ?? []);
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/@[0-9a-f]{40}$/);
  });
});
