import { z } from 'zod';
import { isInstanceType } from '../account/ec2/instances.ts';
import { amiTypes } from '../account/eks/ami-types.ts';
import { DATE_PATTERN, parseDate, parseTime, TIME_FORMS, TIME_PATTERN } from './time.ts';

export const time = (what: string) =>
  z
    .string()
    .regex(TIME_PATTERN, { error: `expected ${TIME_FORMS}`, abort: true })
    .refine((text) => parseTime(text, 0) !== undefined, 'no such day or time in the calendar')
    .describe(`${what}: ${TIME_FORMS}`);

export const date = (what: string) =>
  z
    .string()
    .regex(DATE_PATTERN, { error: 'expected a date such as 2026-07-14', abort: true })
    .refine((text) => parseDate(text) !== undefined, 'no such day in the calendar')
    .describe(what);

export const kubernetesVersion = z
  .string()
  .regex(/^1\.\d{1,2}$/, 'expected a Kubernetes version such as 1.33')
  .describe('Kubernetes version, for example 1.33');

export const amiType = z.enum(amiTypes, { error: `expected one of ${amiTypes.join(', ')}` });

export const name = (what: string, longest: number) =>
  z
    .string()
    .regex(/^[0-9A-Za-z][\w{}-]*$/, 'expected letters, digits, - and _; {n} stands for the number when repeated')
    .max(longest)
    .describe(`${what}; {n} stands for the number of a repeated one`);

export const repeat = z
  .int()
  .min(1)
  .max(1000)
  .default(1)
  .describe('So many of this, the name telling them apart by {n}');

export const tags = z.record(z.string().min(1).max(128), z.string().max(256)).default({});

export const imageId = z.string().regex(/^ami-[0-9a-f]{8,17}$/, 'expected an AMI id such as ami-0123456789abcdef0');

export const size = z.int().min(0).max(450);

export const instanceType = z
  .string()
  .refine(isInstanceType, 'expected an EC2 instance type such as m7i.large')
  .optional();

export const userData = z
  .string()
  .min(1)
  .max(12_000)
  .describe('User data of what it launches nodes from; {certificateAuthority} stands for the cluster’s, in base64')
  .optional();
