import { expect, it } from 'vitest';
import { issueOf, updateErrorOf } from './health.ts';

it.each([issueOf, updateErrorOf])(
  'AccessDenied may be about EKS or about the nodes: both are named (%#)',
  (troubleOf) => {
    const todo = troubleOf('AccessDenied')?.todo;
    for (const part of ['access entry', 'aws-auth', 'eks:kube-proxy-windows', 'eks:node-manager']) {
      expect(todo).toContain(part);
    }
  },
);
