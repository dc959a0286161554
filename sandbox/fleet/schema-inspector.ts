import { ScanStatusReason, Severity } from '@aws-sdk/client-inspector2';
import { z } from 'zod';
import { amiType, repeat, time } from './schema-values.ts';

const vulnerability = z
  .strictObject({
    repeat,
    id: z
      .string()
      .regex(
        /^CVE-\d{4}-(\d|\{n\}){4,}$/,
        'expected an id such as CVE-2026-31415; {n} stands for the number when repeated',
      )
      .describe('For example CVE-2026-31415; {n} stands for the number of a repeated one'),
    severity: z.enum(Severity).describe('As Inspector rates it'),
    package: z.string().min(1).describe('Name of the package'),
    installedVersion: z.string().min(1).default('1.0.0').describe('Version that the affected AMIs bring'),
    fixedInVersion: z.string().min(1).optional().describe('Version with the fix; by default nobody has one'),
    publishedAt: time('When Inspector learns of it'),
    exploitAvailable: z.boolean().default(false).describe('Whether an exploit is known'),
    epss: z.number().min(0).max(1).optional().describe('Probability of its exploitation within 30 days'),
    amiTypes: z.array(amiType).min(1).optional().describe('Only AMIs of these types have the package; by default all'),
    fixedSince: time(
      'AMI releases and own AMIs that come from then on have the fixed package; by default none has',
    ).optional(),
  })
  .refine(({ id, repeat: times }) => times === 1 || id.includes('{n}'), {
    path: ['id'],
    error: 'a repeated id must contain {n}',
  });

/** Amazon Inspector in the account; without it, EC2 scanning is off. */
export const inspector = z
  .strictObject({
    members: z
      .array(z.string().regex(/^\d{12}$/, 'expected an account id of twelve digits'))
      .default([])
      .describe(
        'Accounts that this one administers: it is told of their instances, too, where nobody asks for one account',
      ),
    ec2: z.boolean().default(true).describe('Whether EC2 scanning is on from the start'),
    vmScanner: z
      .boolean()
      .default(false)
      .describe("Whether Inspector's own scanner is on the instances: it scans them without an SSM agent"),
    notScanned: z
      .array(
        z.strictObject({
          nodeGroup: z.string().min(1).describe('Name of the node group, in whatever cluster'),
          reason: z.enum(ScanStatusReason).describe('As Inspector gives it, for example STALE_INVENTORY'),
        }),
      )
      .default([])
      .describe('Node groups that Inspector does not scan, each with the reason that it gives'),
    vulnerabilities: z.array(vulnerability).default([]).describe('What becomes known of the packages of AMIs'),
  })
  .describe('Amazon Inspector; without this its EC2 scanning is off');
