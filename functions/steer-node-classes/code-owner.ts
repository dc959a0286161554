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
];

/** Managers of fields that write again what their code says. */
const MANAGERS: ReadonlyArray<readonly [manager: RegExp, owner: string]> = [
  [/^argocd/i, 'Argo CD'],
  [/^(kustomize|helm)-controller$/i, 'Flux'],
  [/^helm$/i, 'Helm'],
  [/terraform|opentofu/i, 'Terraform'],
  [/^pulumi/i, 'Pulumi'],
];

const KUBECTL_APPLY = 'kubectl-client-side-apply';

/**
 * Who keeps the object as code; undefined where nothing shows that somebody does. Whoever applied a manifest with the
 * AMI terms may do so again, from a repository, and would undo a change that the manifest does not have.
 */
export function codeOwnerOf({ labels, annotations, managers }: OwnedObject): string | undefined {
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
  return applied === undefined ? undefined : `a manifest that ${applied.manager} applied`;
}
