import { AwsError } from '../../wire/aws-error.ts';

/** The parameters and the plugin of an AWS command document, from its published content. */
export interface CommandDocument {
  readonly name: string;
  readonly pluginName: string;
  readonly platforms: readonly string[];
  /** The script, for a document of the account itself. */
  readonly script?: string;
  /** How long that may run, ms (Systems Manager user guide, "Command document plugin reference", `timeoutSeconds`). */
  readonly scriptEndsWithinMs?: number;
  readonly parameters: Readonly<Record<string, { readonly required?: boolean; readonly allowed?: RegExp }>>;
}

export const UPDATE_AGENT = 'AWS-UpdateSSMAgent';
export const RUN_SHELL_SCRIPT = 'AWS-RunShellScript';

const documents: readonly CommandDocument[] = [
  {
    name: UPDATE_AGENT,
    pluginName: 'aws:updateSsmAgent',
    platforms: ['Linux', 'Windows', 'MacOS'],
    parameters: { version: { allowed: /^$|^\d+(\.\d+){3}$/ }, allowDowngrade: { allowed: /^(true|false)$/ } },
  },
  {
    name: RUN_SHELL_SCRIPT,
    pluginName: 'aws:runShellScript',
    platforms: ['Linux', 'MacOS'],
    parameters: {
      commands: { required: true },
      workingDirectory: {},
      executionTimeout: { allowed: /^([1-9][0-9]{0,4}|1[0-6][0-9]{4}|17[0-1][0-9]{3}|172[0-7][0-9]{2}|172800)$/ },
    },
  },
];

/** AWS documents, and those of the account itself, which templates create. */
export class CommandDocuments {
  /** The versions of each, the first one first. */
  readonly #own = new Map<string, readonly CommandDocument[]>();

  /** Adds a document, or a version of one, which is the default from then on. A version never changes. */
  add(document: CommandDocument): void {
    this.#own.set(document.name, [...(this.#own.get(document.name) ?? []), document]);
  }

  /** Whether a document belongs to the account itself. */
  isOwn(name: string): boolean {
    return this.#own.has(name);
  }

  /**
   * @param nameOrArn a name, or an ARN
   * @param version a number, `$DEFAULT` or `$LATEST`
   * @throws InvalidDocument, InvalidDocumentVersion
   */
  find(nameOrArn: string, version: string): CommandDocument {
    const name = nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
    const ofAws = documents.filter((document) => document.name === name);
    const versions = ofAws.length > 0 ? ofAws : (this.#own.get(name) ?? []);
    if (versions.length === 0) throw new AwsError('InvalidDocument', `Document with name ${nameOrArn} does not exist.`);
    const found = version.startsWith('$') ? versions.at(-1) : versions[Number(version) - 1];
    if (found !== undefined) return found;
    throw new AwsError('InvalidDocumentVersion', 'The document version is not valid or does not exist.');
  }
}

/** @throws InvalidParameters for unknown or missing parameters */
export function refuseParameters(
  { name, parameters }: CommandDocument,
  given: Readonly<Record<string, readonly string[]>>,
): void {
  for (const [parameter, values] of Object.entries(given)) {
    const known = Object.hasOwn(parameters, parameter) ? parameters[parameter] : undefined;
    if (known === undefined) {
      throw new AwsError('InvalidParameters', `Parameter "${parameter}" is not defined in document ${name}.`);
    }
    const bad = values.find((value) => known.allowed?.test(value) === false);
    if (bad !== undefined) {
      throw new AwsError('InvalidParameters', `Parameter "${parameter}" has the value "${bad}", which is not allowed.`);
    }
  }
  for (const [parameter, { required = false }] of Object.entries(parameters)) {
    if (required && (given[parameter] ?? []).length === 0) {
      throw new AwsError('InvalidParameters', `Parameter "${parameter}" is required by document ${name}.`);
    }
  }
}
