import { describe, expect, it } from 'vitest';
import { dependsOnEnvironment } from './common-modules.ts';

describe('a module of a function', () => {
  it.each([
    'export const clock = { now: () => Date.now() };',
    'export const today = () => new Date().toISOString();',
    'export const stack = process.env.STACK_NAME;',
    'const say = (line) => console.log(line);',
    'const pick = (all) => all[Math.floor(Math.random() * all.length)];',
    'const ec2 = new EC2Client({});',
    'const soon = (run) => setTimeout(run, 5);',
    'import { Agent } from "node:https";\nexport const agent = new Agent();',
    'import { randomUUID } from "node:crypto";\nexport const id = () => randomUUID();',
    'import middy from "@middy/core";',
    'let last;\nexport const look = (now) => { last = now; };',
    'const seen = new Set();\nexport const isNew = (id) => !seen.has(id) && seen.add(id);',
    'const known = /* @__PURE__ */ new Map();',
  ])('depends on its environment: %s', (code) => {
    expect(dependsOnEnvironment(code)).toBe(true);
  });

  it.each([
    'export const iso = (time) => new Date(time).toISOString();',
    'const RUNNING = new Set(["pending", "running"]);',
    'const known = new WeakMap();',
    'export const age = (clock, since) => { let ms = clock.now() - since; return ms; };',
    'import { createHash } from "node:crypto";\nexport const digest = (text) => createHash("sha256").update(text);',
    'export const read = (ec2) => ec2.send(new DescribeInstancesCommand({}));',
  ])('is the same in every environment: %s', (code) => {
    expect(dependsOnEnvironment(code)).toBe(false);
  });
});
