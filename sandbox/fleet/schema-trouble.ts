import { z } from 'zod';
import { time } from './schema-values.ts';

/** EKS calls about one subject that a fleet file can make fail. */
const TROUBLED_OPERATIONS = [
  'DescribeCluster',
  'ListNodegroups',
  'DescribeNodegroup',
  'ListUpdates',
  'DescribeUpdate',
  'ListInsights',
  'UpdateNodegroupVersion',
] as const;

const when = {
  from: time('When it begins; by default at the start').optional(),
  until: time('When it ends; by default never').optional(),
};

const how = {
  code: z
    .string()
    .describe('As AWS names the error, for example ServerException; ConnectionDropped: there is no answer at all'),
  status: z.int().min(400).max(599).default(500).describe('HTTP status of the answer'),
  message: z
    .string()
    .default('An internal error has occurred. Request id: {id}')
    .describe('What AWS says; {id} is another one each time'),
};

/** EKS calls about one cluster or node group. */
const subjectTrouble = z.strictObject({
  ...when,
  cluster: z.string().describe('Name of the cluster'),
  nodeGroup: z.string().optional().describe('Name of the managed node group; absent: calls about the cluster'),
  operations: z.array(z.enum(TROUBLED_OPERATIONS)).min(1).describe('The calls of EKS that fail'),
  ...how,
});
export type SubjectTrouble = z.output<typeof subjectTrouble>;

/** Systems Manager calls that name certain parameters. */
const parameterTrouble = z.strictObject({
  ...when,
  parameters: z
    .string()
    .describe('Names of parameters, with * as a wildcard: each call of Systems Manager that names one of them fails'),
  ...how,
});
export type ParameterTrouble = z.output<typeof parameterTrouble>;

/** Calls that fail for some time. */
export const trouble = z.union([subjectTrouble, parameterTrouble]);
