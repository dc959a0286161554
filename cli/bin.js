#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

// A clone has the sources, the package what is built of them: Node runs no TypeScript under node_modules.
const source = new URL('./main.ts', import.meta.url);
const isClone = existsSync(source);
const complaint = isClone
  ? createRequire(import.meta.url)('../node-version.cjs').complaintOf(process.version, process.platform)
  : undefined;
if (complaint === undefined) await import(isClone ? source.href : new URL('../dist/cli.js', import.meta.url).href);
else {
  console.error(complaint);
  process.exitCode = 1;
}
