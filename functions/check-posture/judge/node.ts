import * as z from 'zod';
import { safeParse } from '../../shared/runtime/safe-parse.ts';
import { clean } from './clean-path.ts';

/** An owner or group, by name or number: `stat` prints UNKNOWN where a number has no name. */
const principal = () =>
  z.union([z.string().min(1), z.int().min(0)], {
    error: 'must be a name such as "root" or a number such as 0: what stat -c %U or %u prints',
  });

const mode = () =>
  z
    .string({ error: 'must be octal digits in quotes, such as "0644": what stat -c %a prints' })
    .regex(/^0?o?[0-7]{1,6}$/, 'must be octal digits, such as "0644": what stat -c %a prints')
    // A complete st_mode, such as 0100644, begins with the type of the file (inode(7)).
    .transform((digits) => Number.parseInt(digits.replace(/^0?o/, ''), 8) & 0o7777);

/** An optional member, which some tools write as null. */
const absent = <Schema extends z.ZodType>(schema: Schema) =>
  schema
    .nullish()
    .transform((value) => value ?? undefined)
    .optional();

const file = () =>
  z
    .object(
      {
        path: z.string().startsWith('/', 'must be an absolute path, such as "/etc/kubernetes/kubelet/config.json"'),
        mode: mode(),
        owner: principal(),
        group: principal(),
        type: absent(z.enum(['file', 'dir', 'symlink'], { error: 'must be "file", "dir" or "symlink"' })),
        target: absent(
          z.string({ error: 'must be what the link points to' }).min(1, 'must be what the link points to'),
        ),
        content: absent(z.string({ error: 'must be the text of the file' })),
        uid: absent(z.int({ error: 'must be a number such as 0: what stat -c %u prints' }).min(0)),
        gid: absent(z.int({ error: 'must be a number such as 0: what stat -c %g prints' }).min(0)),
        /** Seconds since 1970. */
        modified: absent(z.number({ error: 'must be seconds since 1970: what stat -c %Y prints' })),
      },
      { error: 'must be an object with path, mode, owner and group' },
    )
    .superRefine(({ type, target }, context) => {
      if (type === 'symlink' && target === undefined)
        context.addIssue({ code: 'custom', path: ['target'], message: 'is missing: say what the link points to' });
    })
    // Only a link points to something.
    .transform((one) =>
      one.type === undefined && one.target !== undefined ? { ...one, type: 'symlink' as const } : one,
    );

const result = () =>
  z.object({
    id: z.string(),
    title: z.string().optional(),
    status: z.string(),
    error: z.string().nullish(),
  });

const TEXT_RESULT = /^\[(PASS|FAIL|SKIP)\] (\d+(?:\.\d+)*) +(\S.*) \((?:Automatic|Manual)\)$/;

/**
 * Parses the report as it is printed without `-f json` (bottlerocket-core-kit, sources/bloodhound/src/output.rs).
 * @returns undefined where the text is not a report
 */
function reportInText(input: string): object | undefined {
  const lines = input.split(/\r?\n/).map((line) => line.trim());
  const results = lines.flatMap((line): Array<[string, object]> => {
    const [, status, id = '', title] = TEXT_RESULT.exec(line) ?? [];
    return status === undefined ? [] : [[id, { id, title, status }]];
  });
  const version = lines
    .find((line) => line.startsWith('Version:'))
    ?.slice('Version:'.length)
    .trim();
  return results.length === 0 ? undefined : { version, results: Object.fromEntries(results) };
}

/** What `apiclient report ... -f json` prints (bottlerocket-core-kit, sources/bloodhound/src/results.rs). */
const report = () =>
  z.preprocess(
    (input, context) => {
      if (typeof input !== 'string') return input;
      try {
        return JSON.parse(input);
      } catch {
        const asText = reportInText(input);
        if (asText !== undefined) return asText;
        context.addIssue({
          code: 'custom',
          message: 'must be what apiclient report -f json prints: this is no whole JSON, nor the report as text',
        });
        return z.NEVER;
      }
    },
    z.object(
      {
        name: z.string().optional(),
        version: z.string().optional(),
        results: z.record(z.string(), result(), {
          error: 'must have the results that apiclient report -f json prints',
        }),
      },
      { error: 'must be the object that apiclient report -f json prints' },
    ),
  );

/** A node as the read-only gathering command prints it. Unknown members are for other readers and are ignored. */
export const nodeSchema = z.lazy(() =>
  z
    .object(
      {
        os: z.string({ error: 'must be the name of the operating system, such as "al2023" or "bottlerocket"' }).min(1),
        kubernetesVersion: z
          .string({ error: 'must be a version such as "1.34"' })
          .regex(/^v?\d+\.\d+/, 'must be a version such as "1.34" or "v1.34.2-eks-1a2b3c4"')
          .nullish(),
        files: z.array(file(), { error: 'must be a list of files with path, mode, owner and group' }),
        kubeletFlags: z
          .array(z.string({ error: 'must be a string: one element of argv' }), {
            error:
              "must be the kubelet's argv without the binary, as a list of strings, or null where no kubelet was seen",
          })
          .nullable(),
        report: z
          .object(
            { 'cis-k8s': absent(report()), cis: absent(report()) },
            { error: 'must be an object with cis-k8s: what apiclient report cis-k8s -f json prints' },
          )
          .nullish(),
        /** Seconds since 1970. */
        kubeletStarted: absent(z.number({ error: 'must be seconds since 1970' })),
      },
      { error: 'must be one JSON object with os, kubernetesVersion, files and kubeletFlags' },
    )
    .superRefine(({ files }, context) => {
      const seen = new Set<string>();
      for (const [index, { path: written }] of files.entries()) {
        const path = clean(written);
        if (seen.has(path))
          context.addIssue({
            code: 'custom',
            path: ['files', index, 'path'],
            message: `${path} is there twice: keep one`,
          });
        seen.add(path);
      }
    }),
);

export type Node = z.infer<typeof nodeSchema>;
export type NodeFile = Node['files'][number];
export type Report = z.infer<ReturnType<typeof report>>;

/** The input is not a gathered node. The message names each wrong field and what it must be. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
}

/** @throws NodeError naming each wrong field and what it must be */
export function readNode(input: unknown): Node {
  const { data, error } = safeParse(nodeSchema, input);
  if (error === undefined) return data;
  throw new NodeError(error.issues.map(({ path, message }) => `${placeOf(path)}: ${message}`).join('\n'));
}

function placeOf(path: readonly PropertyKey[]): string {
  const text = path
    .map((key) =>
      typeof key === 'number' ? `[${key}]` : /^\w+$/.test(String(key)) ? `.${String(key)}` : `["${String(key)}"]`,
    )
    .join('')
    .replace(/^\./, '');
  return text === '' ? 'the node' : text;
}

/** Whether the node runs Windows, which the node section of the benchmark does not cover. */
export const isWindows = ({ os }: Node): boolean => /windows/i.test(os);
