import { parsePolicy } from '../functions/policy-document.ts';
import { isInvalid } from '../functions/shared/policy/policy.ts';
import { type Settings, SettingsError } from './settings.ts';

/** What is to become of the policy of a stack that is not there yet. */
export interface FirstPolicy {
  /** The setting `policyParameter` from now on. */
  readonly setting: Settings['policyParameter'];
  /** The document to put in place before the stack is made, so that no function ever goes by another one. */
  readonly put?: string;
  /** A sentence for whoever deploys. */
  readonly say?: string;
}

/** The most that a parameter of the tier Intelligent-Tiering takes, bytes (Systems Manager user guide, "Managing parameter tiers"). */
const MOST_BYTES = 8_192;

/**
 * What a first deploy does about the policy; a pure function. One that is there stays as it is, whatever is given: it may hold
 * a kill switch.
 *
 * @param isThere whether the parameter is there; undefined: that could not be read
 * @param given the document of `--first-policy`, with the name of its file
 * @throws SettingsError where the setting says what is not so, or nobody knows whether there is one already
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
    return { setting: 'existing', put: given.text, say: `Put ${given.file} into ${name}: it is the stack's policy.` };
  }
  if (policyParameter === 'existing' && isThere === false) {
    throw new SettingsError(
      `policyParameter=existing: there is no parameter ${name}; give a policy by --first-policy FILE, or have the stack make an empty one by -c policyParameter=new`,
    );
  }
  return { setting: policyParameter };
}

/** @throws SettingsError naming each field that is wrong */
export function checkFirstPolicy(text: string, file: string): void {
  const policy = parsePolicy(text, 'enforce');
  if (isInvalid(policy)) throw new SettingsError(`--first-policy ${file}: ${policy.error}`);
  const size = Buffer.byteLength(text);
  if (size > MOST_BYTES) {
    throw new SettingsError(`--first-policy ${file}: is ${size} bytes, and the parameter holds ${MOST_BYTES}`);
  }
}
