import * as z from 'zod';
import { safeParse } from '../shared/runtime/safe-parse.ts';

/** What tells who keeps a Kubernetes object as code. */
export interface OwnedObject {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of `metadata.managedFields`: who wrote which fields last. */
  readonly managers: ReadonlyArray<{
    readonly manager: string;
    /** Whether it applies manifests on the server, rather than updating. */
    readonly applies: boolean;
    readonly ownsTerms: boolean;
  }>;
  /** The object that controls it, as `Kind name`; absent where none does. */
  readonly controller?: string;
}

/**
 * Labels and annotations by which tools find what they keep. Many charts set the label `app.kubernetes.io/instance`
 * without Argo CD, so that label alone proves nothing. Sources: Argo CD, "Resource Tracking"; Flux, "Kustomization" and
 * "HelmRelease"; Helm, "Labels and Annotations".
 */
const MARKS: ReadonlyArray<readonly [mark: RegExp, owner: string]> = [
  [/^argocd\.argoproj\.io\//, 'Argo CD'],
  [/^kustomize\.toolkit\.fluxcd\.io\//, 'Flux'],
  [/^helm\.toolkit\.fluxcd\.io\//, 'Flux'],
  [/^meta\.helm\.sh\/release-name$/, 'Helm'],
  [/^config\.kubernetes\.io\/owning-inventory$/, 'kpt'],
  [/^(configsync|configmanagement)\.gke\.io\//, 'Config Sync'],
  [/^kro\.run\//, 'kro'],
  [/^applyset\.kubernetes\.io\/part-of$/, 'an ApplySet'],
  [/^kapp\.k14s\.io\/(app|association)$/, 'kapp'],
  [/^objectset\.rio\.cattle\.io\//, 'Rancher Fleet'],
];

/** Managers of fields that write again what their code says. */
const MANAGERS: ReadonlyArray<readonly [manager: RegExp, owner: string]> = [
  [/^argocd/i, 'Argo CD'],
  [/^(kustomize|helm)-controller$/i, 'Flux'],
  [/^helm$/i, 'Helm'],
  [/terraform|opentofu/i, 'Terraform'],
  [/^pulumi/i, 'Pulumi'],
  [/^crossplane/i, 'Crossplane'],
];

const KUBECTL_APPLY = 'kubectl-client-side-apply';

/**
 * The manifest that was applied last: each tool that applies as kubectl does on the client's side writes it, whatever it
 * calls itself. A later apply gives its fields back, even where somebody has edited them since. Source: Kubernetes,
 * "Declarative Management of Kubernetes Objects Using Configuration Files", "How apply calculates differences".
 */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Who keeps the object as code; undefined where nothing shows that somebody does. Whoever applied a manifest with the
 * AMI terms may do so again, from a repository, and would undo a change that the manifest does not have.
 */
export function codeOwnerOf({ labels, annotations, managers, controller }: OwnedObject): string | undefined {
  for (const name of Object.keys({ ...labels, ...annotations })) {
    const owner = MARKS.find(([mark]) => mark.test(name))?.[1];
    if (owner !== undefined) return owner;
  }
  if (/^helm$/i.test(labels['app.kubernetes.io/managed-by'] ?? '')) return 'Helm';
  for (const { manager } of managers) {
    const owner = MANAGERS.find(([pattern]) => pattern.test(manager))?.[1];
    if (owner !== undefined) return owner;
  }
  const applied = managers.find(
    ({ manager, applies, ownsTerms }) => ownsTerms && (applies || manager === KUBECTL_APPLY),
  );
  if (applied !== undefined) return `a manifest that ${applied.manager} applied`;
  if (controller !== undefined) return `its controller ${controller}`;
  return namesTerms(annotations[LAST_APPLIED]) ? `a manifest that was applied (${LAST_APPLIED})` : undefined;
}

const withTerms = z.object({ spec: z.object({ amiSelectorTerms: z.array(z.unknown()) }) });

/** Whether a manifest, as JSON, has AMI terms. What is no JSON says nothing. */
function namesTerms(manifest = '{}'): boolean {
  try {
    return safeParse(withTerms, JSON.parse(manifest)).success;
  } catch {
    return false;
  }
}
