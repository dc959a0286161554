import { DAEMON_SETS } from './api-request.ts';
import type { DaemonSetSpec, PodSpec } from './daemon-set.ts';
import { isSame } from './json.ts';
import { type FieldCause, invalid } from './status-error.ts';

const POD = 'spec.template.spec';
const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Checks Kubernetes' rules for a DaemonSet.
 * @throws StatusError 422 that names each field which breaks one
 */
export function refuseInvalid(name: string, spec: DaemonSetSpec): void {
  const causes = [...nameCauses(name), ...selectorCauses(spec), ...podCauses(spec.template.spec)];
  if (causes.length > 0) throw invalid(DAEMON_SETS, name, causes);
}

/** @throws StatusError 422 when an immutable field was changed */
export function refuseImmutable(name: string, before: DaemonSetSpec, after: DaemonSetSpec): void {
  if (isSame(before.selector, after.selector)) return;
  throw invalid(DAEMON_SETS, name, [invalidValue('spec.selector', after.selector, 'field is immutable')]);
}

function nameCauses(name: string): FieldCause[] {
  if (DNS_SUBDOMAIN.test(name)) return [];
  return [
    invalidValue(
      'metadata.name',
      name,
      'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, - or .',
    ),
  ];
}

function selectorCauses({ selector, template }: DaemonSetSpec): FieldCause[] {
  if (selector === undefined) return [required('spec.selector')];
  const wanted = Object.entries(selector.matchLabels);
  if (wanted.length === 0) return [invalidValue('spec.selector', {}, 'empty selector is invalid for daemonset')];
  if (wanted.every(([key, value]) => template.metadata.labels[key] === value)) return [];
  const field = 'spec.template.metadata.labels';
  return [invalidValue(field, template.metadata.labels, '`selector` does not match template `labels`')];
}

function podCauses(spec: PodSpec): FieldCause[] {
  return [
    ...containerCauses(spec),
    ...spec.volumes.flatMap(({ hostPath }, index) =>
      hostPath?.path === '' ? [required(`${POD}.volumes[${index}].hostPath.path`)] : [],
    ),
    ...(spec.restartPolicy === 'Always' ? [] : [unsupported(`${POD}.restartPolicy`, spec.restartPolicy, 'Always')]),
    ...spec.tolerations.flatMap(tolerationCauses),
    ...affinityCauses(spec),
  ];
}

function containerCauses({ containers, initContainers, volumes }: PodSpec): FieldCause[] {
  const causes: FieldCause[] = containers.length === 0 ? [required(`${POD}.containers`)] : [];
  const names = new Set<string>();
  const all = [
    ...initContainers.map((one, index) => ({ ...one, at: `${POD}.initContainers[${index}]` })),
    ...containers.map((one, index) => ({ ...one, at: `${POD}.containers[${index}]` })),
  ];
  for (const { name, image, volumeMounts, at } of all) {
    if (name === '') causes.push(required(`${at}.name`));
    else if (!DNS_LABEL.test(name))
      causes.push(
        invalidValue(
          `${at}.name`,
          name,
          'a lowercase RFC 1123 label must consist of lower case alphanumeric characters or -',
        ),
      );
    else if (names.has(name))
      causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: "${name}"`, field: `${at}.name` });
    names.add(name);
    if (image === '') causes.push(required(`${at}.image`));
    for (const [index, mount] of volumeMounts.entries()) {
      if (volumes.some((volume) => volume.name === mount.name)) continue;
      const field = `${at}.volumeMounts[${index}].name`;
      causes.push({ reason: 'FieldValueNotFound', message: `Not found: "${mount.name}"`, field });
    }
  }
  return causes;
}

function tolerationCauses({ key, operator, value }: PodSpec['tolerations'][number], index: number): FieldCause[] {
  const field = `${POD}.tolerations[${index}].operator`;
  if (key === '' && operator !== 'Exists')
    return [
      invalidValue(
        field,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    ];
  if (operator === 'Exists' && value !== '')
    return [invalidValue(field, value, "value must be empty when `operator` is 'Exists'")];
  return [];
}

function affinityCauses({ affinity }: PodSpec): FieldCause[] {
  const at = `${POD}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  const terms = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined) return [];
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')];
  return terms.flatMap(({ matchExpressions, matchFields }, term) => [
    ...matchExpressions.flatMap(({ operator, values }, index) => {
      const place = `${at}[${term}].matchExpressions[${index}]`;
      if (!OPERATORS.includes(operator))
        return [invalidValue(`${place}.operator`, operator, 'not a valid selector operator')];
      const needsValues = operator === 'In' || operator === 'NotIn';
      return needsValues && values.length === 0
        ? [required(`${place}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
        : [];
    }),
    ...matchFields.flatMap(({ key, operator, values }, index) => {
      const place = `${at}[${term}].matchFields[${index}]`;
      if (key !== 'metadata.name') return [invalidValue(`${place}.key`, key, 'not a valid field selector key')];
      if (operator !== 'In' && operator !== 'NotIn')
        return [invalidValue(`${place}.operator`, operator, 'not a valid selector operator')];
      return values.length === 1
        ? []
        : [
            required(
              `${place}.values`,
              "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
            ),
          ];
    }),
  ]);
}

const required = (field: string, why?: string): FieldCause => ({
  reason: 'FieldValueRequired',
  message: why === undefined ? 'Required value' : `Required value: ${why}`,
  field,
});
const unsupported = (field: string, value: string, supported: string): FieldCause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: "${value}": supported values: "${supported}"`,
  field,
});
const invalidValue = (field: string, value: unknown, why: string): FieldCause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
});
