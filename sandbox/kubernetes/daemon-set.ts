import * as z from 'zod';
import { isJson, type Json } from './json.ts';
import { badRequest } from './status-error.ts';

const labels = z.record(z.string(), z.string()).default({});

const container = z.looseObject({
  name: z.string().default(''),
  image: z.string().default(''),
  volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
  securityContext: z.looseObject({ privileged: z.boolean().default(false) }).default({ privileged: false }),
});

const requirement = z.looseObject({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) });

const nodeSelectorTerm = z.looseObject({
  matchExpressions: z.array(requirement).default([]),
  matchFields: z.array(requirement).default([]),
});

const toleration = z.looseObject({
  key: z.string().default(''),
  operator: z.enum(['Exists', 'Equal']).default('Equal'),
  value: z.string().default(''),
  effect: z.string().default(''),
});

const podSpec = z.looseObject({
  containers: z.array(container).default([]),
  initContainers: z.array(container).default([]),
  volumes: z
    .array(z.looseObject({ name: z.string(), hostPath: z.looseObject({ path: z.string().default('') }).optional() }))
    .default([]),
  nodeSelector: labels,
  affinity: z
    .looseObject({
      nodeAffinity: z
        .looseObject({
          requiredDuringSchedulingIgnoredDuringExecution: z
            .looseObject({ nodeSelectorTerms: z.array(nodeSelectorTerm) })
            .optional(),
        })
        .optional(),
      podAffinity: z.undefined().optional(),
      podAntiAffinity: z.undefined().optional(),
    })
    .default({}),
  tolerations: z.array(toleration).default([]),
  hostPID: z.boolean().default(false),
  restartPolicy: z.string().default('Always'),
});

const daemonSetSpec = z.looseObject({
  selector: z.looseObject({ matchLabels: labels, matchExpressions: z.undefined().optional() }).optional(),
  template: z.looseObject({
    metadata: z.looseObject({ labels }).default({ labels: {} }),
    spec: podSpec.default(podSpec.parse({})),
  }),
  updateStrategy: z
    .looseObject({
      type: z.enum(['RollingUpdate', 'OnDelete']).default('RollingUpdate'),
      rollingUpdate: z
        .looseObject({
          maxUnavailable: z.union([z.int(), z.string()]).default(1),
          maxSurge: z.literal(0).default(0),
        })
        .default({ maxUnavailable: 1, maxSurge: 0 }),
    })
    .default({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }),
});

/** The parts of a DaemonSet that the sandbox's controller and scheduler use. */
export type DaemonSetSpec = z.output<typeof daemonSetSpec>;
export type PodSpec = z.output<typeof podSpec>;

/** @throws StatusError 400 for what the sandbox cannot parse */
export function readDaemonSetSpec(object: Json): DaemonSetSpec {
  const parsed = daemonSetSpec.safeParse({ template: {}, ...(isJson(object.spec) ? object.spec : {}) });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badRequest(`the sandbox cannot read spec.${issue?.path.map(String).join('.')}: ${issue?.message}`);
}
