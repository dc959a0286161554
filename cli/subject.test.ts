import { expect, it } from 'vitest';
import { readSubject } from './subject.ts';

it.each([
  ['i-0123456789abcdef0', { instance: 'i-0123456789abcdef0' }],
  ['shop', { cluster: 'shop' }],
  ['c'.repeat(100), { cluster: 'c'.repeat(100) }],
  ['shop/web', { cluster: 'shop', nodegroup: 'web' }],
  ['shop/karpenter:general/a', { cluster: 'shop', nodegroup: 'karpenter:general/a' }],
  [`shop/${'n'.repeat(300)}`, { cluster: 'shop', nodegroup: 'n'.repeat(300) }],
])('%s is a subject', (text, subject) => {
  expect(readSubject(text)).toEqual(subject);
});

it.each([
  [`${'c'.repeat(101)}/web`, `CLUSTER: "${'c'.repeat(100)}..." is no name of an EKS cluster; give`],
  ['c'.repeat(101), `RESOURCE: "${'c'.repeat(100)}..." is none; give`],
  ['shop*/web', 'CLUSTER: "shop*" is no name of an EKS cluster; give'],
  ['/web', 'CLUSTER: "" is no name of an EKS cluster; give'],
  ['shop/', 'NODEGROUP: "" is none: it has 1 to 300 characters; give'],
  [`shop/${'n'.repeat(301)}`, `NODEGROUP: "${'n'.repeat(100)}..." is none: it has 1 to 300 characters; give`],
])('%s is refused, its part named', (text, message) => {
  expect(() => readSubject(text)).toThrow(message);
});
