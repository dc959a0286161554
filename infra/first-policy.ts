import { parsePolicy } from '../functions/policy-document.ts';
import { isInvalid } from '../functions/shared/policy/policy.ts';
import { MOST_POLICY_BYTES, tierWarningOf } from '../functions/shared/policy/policy-size.ts';
import { type Settings, SettingsError } from './settings.ts';

/** The plan for the policy of a stack that does not exist yet. */
export interface FirstPolicy {
  /** The setting `policyParameter` from now on. */
  readonly setting: Settings['policyParameter'];
  /** The document to put in place before the stack is created, so that no function ever reads another one. */
  readonly put?: string;
  /** A sentence for whoever deploys. */
  readonly say?: string;
}

/**
 * Decides about the policy at a first deploy; a pure function. An existing policy stays as it is, whatever file is
 * given, because it may contain a kill switch.
 *
 * @param isThere whether the parameter exists; undefined where that could not be read
 * @param given the document of `--first-policy`, with the name of its file
 * @throws SettingsError where the setting contradicts the parameter, or nobody knows whether the parameter exists
 */
export function firstPolicyOf(
  { policyParameter, policyParameterName: name }: Pick<Settings, 'policyParameter' | 'policyParameterName'>,
  isThere: boolean | undefined,
  given?: { readonly file: string; readonly text: string },
): FirstPolicy {
  if (isThere === true) {
    const kept = `The policy ${name} is there already: it stays as it is, and the stack goes on with it.`;
    return { setting: 'existing', say: given === undefined ? kept : `${kept} ${given.file} was not put in place.` };
  }
  if (given !== undefined && isThere === undefined) {
    throw new SettingsError(
      `--first-policy ${given.file}: whether ${name} is there already could not be read, and it must not be overwritten; allow ssm:GetParameter on it`,
    );
  }
  if (given !== undefined) {
    const warning = tierWarningOf(Buffer.byteLength(given.text));
    const say = `Put ${given.file} into ${name}: it is the stack's policy.`;
    return { setting: 'existing', put: given.text, say: warning === undefined ? say : `${say} Warning: ${warning}.` };
  }
  if (policyParameter === 'existing' && isThere === false) {
    throw new SettingsError(
      `policyParameter=existing: there is no parameter ${name}; give a policy by --first-policy FILE, or have the stack make an empty one by -c policyParameter=new`,
    );
  }
  return { setting: policyParameter };
}

/** @throws SettingsError that names each wrong field */
export function checkFirstPolicy(text: string, file: string): void {
  const policy = parsePolicy(text, 'enforce');
  if (isInvalid(policy)) throw new SettingsError(`--first-policy ${file}: ${policy.error}`);
  const size = Buffer.byteLength(text);
  if (size > MOST_POLICY_BYTES) {
    throw new SettingsError(`--first-policy ${file}: is ${size} bytes, and the parameter holds ${MOST_POLICY_BYTES}`);
  }
}
