#!/usr/bin/env node
import { existsSync } from 'node:fs';

// A clone has the sources, the package what is built of them: Node runs no TypeScript under node_modules.
const source = new URL('./main.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../dist/cli.js', import.meta.url).href);
