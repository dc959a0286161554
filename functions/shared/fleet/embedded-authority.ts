import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** A value in user data that holds certificates. */
export interface Embedded {
  /** What hands the value to the node, in words of this file: a text of the user data itself may be a secret. */
  readonly key: string;
  /** Whether the value is the cluster's authority by its key. */
  readonly isClusters: boolean;
  /** The fingerprints of its certificates. */
  readonly certificates: readonly string[];
}

/** The certificates in user data, or why it could not be searched, as the end of a sentence. */
export type UserData = { readonly embedded: readonly Embedded[] } | { readonly unsearchable: string };

/** User data has at most 16 KB before it is encoded (EC2 user guide, "User data and the console"). */
const LONGEST = 16_384;

/** How long user data, all its MIME parts together, or all its files together may become, in bytes. It bounds the work. */
const LONGEST_UNPACKED = 1_048_576;

/**
 * How node software takes the authority, by what stands before the value: `bootstrap.sh` of Amazon Linux 2
 * (awslabs/amazon-eks-ami), and the variable that most templates pass to it; `nodeadm` (NodeConfig, `spec.cluster`);
 * Bottlerocket (`settings.kubernetes`); `Start-EKSBootstrap.ps1` of Windows. A kubeconfig may be one of another
 * cluster.
 */
const KEYS = [
  { text: '--b64-cluster-ca', key: '--b64-cluster-ca of bootstrap.sh', isClusters: true },
  { text: 'b64_cluster_ca', key: 'the variable B64_CLUSTER_CA', isClusters: true },
  { text: 'certificateauthority', key: 'spec.cluster.certificateAuthority of NodeConfig', isClusters: true },
  { text: 'cluster-certificate', key: 'settings.kubernetes.cluster-certificate of Bottlerocket', isClusters: true },
  { text: '-base64clusterca', key: '-Base64ClusterCA of Start-EKSBootstrap.ps1', isClusters: true },
  { text: 'certificate-authority-data', key: 'certificate-authority-data of a kubeconfig', isClusters: false },
] as const;

/** How far before a value its key may begin, in characters. */
const KEY_WITHIN = 64;

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
/** How base64 of a PEM certificate begins. `BEGIN` has 27 bytes, so no further byte is in these characters. */
const ENCODED_BEGIN = Buffer.from(BEGIN).toString('base64');

/** A `content` of cloud-init's `write_files`, and what may be in a key after it. The value may be wrapped into lines. */
const CONTENT =
  /(?<![\w-])content["']?[ \t]*:\s*(?:!!binary\s+)?(?:[|>][-+\d]*\s+)?["']?([A-Za-z0-9+/=][A-Za-z0-9+/=\s]*)([:_-]?)/g;

/**
 * Finds the certificates that user data hands to a node; a pure function, linear in the length. It searches scripts,
 * YAML, TOML, the parts of a MIME message, the encoded files of `write_files`, and what of these is compressed by gzip,
 * as cloud-init takes them (cloud-init documentation, "User-data formats").
 *
 * @param userData base64, as EC2 describes it
 */
export function embeddedIn(userData: string): UserData {
  const bytes = Buffer.from(userData, 'base64');
  if (bytes.length > LONGEST) return { unsearchable: `is longer than ${LONGEST} bytes` };
  const texts = textsOf(bytes);
  if (texts === undefined) return { unsearchable: 'cannot be decompressed' };
  return { embedded: texts.flatMap((text) => [...encodedIn(text), ...pemIn(text)]) };
}

/** The fingerprint of an authority's certificate, by its `data`; undefined where that is empty. */
export function certificateOf(data: string | undefined): string | undefined {
  if (data === undefined || data === '') return undefined;
  // "The Base64-encoded public certificate" (EKS API reference, CertificateAuthority): that of DescribeCluster is PEM.
  // Base64 of DER is the body of that.
  const [first] = certificatesOf(data);
  return first ?? fingerprintOf(data.replace(/\s/g, ''));
}

/** The fingerprints of the certificates in base64 of PEM, such as the `data` of DescribeCluster. */
export const certificatesOf = (data: string): string[] =>
  certificatesIn(Buffer.from(data, 'base64').toString('latin1'));

/**
 * The texts in user data: the whole, the encoded parts of a MIME message, and the encoded files of each of these;
 * undefined where gzip cannot read one.
 */
function textsOf(bytes: Buffer): string[] | undefined {
  const whole = unpackedAll([bytes], LONGEST_UNPACKED);
  if (whole === undefined) return undefined;
  const parts = unpackedAll(whole.flatMap(encodedPartsOf), LONGEST_UNPACKED);
  if (parts === undefined) return undefined;
  const texts = [...whole, ...parts];
  const files = unpackedAll(texts.flatMap(encodedFilesOf), LONGEST_UNPACKED);
  return files && [...texts, ...files];
}

/** The bodies in base64 of the parts of a MIME message. */
function encodedPartsOf(text: string): Buffer[] {
  if (!/^content-type:[ \t]*multipart\//im.test(text)) return [];
  return text.split('\n--').flatMap((each) => encodedBodyOf(each) ?? []);
}

/**
 * The files in base64 that cloud-init writes (cloud-init documentation, module "Write Files": `content` with an
 * `encoding` such as `b64` or `gz+b64`, or tagged `!!binary`). The value itself tells whether it is compressed, so that
 * `encoding` is not read: it may stand before or after. What is not base64 becomes bytes without a certificate.
 */
function encodedFilesOf(text: string): Buffer[] {
  return (
    [...text.matchAll(CONTENT)]
      // The line of the next key may begin like a line of the value.
      .map(([, value = '', next]) => (next === '' ? value : value.replace(/\n[^\n]*$/, '')))
      .filter((value) => !value.startsWith(ENCODED_BEGIN))
      .map((value) => Buffer.from(value, 'base64'))
  );
}

/** The body of a MIME part in base64; undefined for a part in plain text. */
function encodedBodyOf(part: string): Buffer | undefined {
  const [end] = [part.indexOf('\n\n'), part.indexOf('\r\n\r\n')].filter((at) => at >= 0).sort((a, b) => a - b);
  if (end === undefined) return undefined;
  const isEncoded = /^content-transfer-encoding:[ \t]*base64/im.test(part.slice(0, end));
  return isEncoded ? Buffer.from(part.slice(end), 'base64') : undefined;
}

/** The texts of all, decompressed where they are gzip; undefined where one is broken, or all become too long. */
function unpackedAll(all: readonly Buffer[], most: number): string[] | undefined {
  const texts: string[] = [];
  let left = most;
  for (const bytes of all) {
    const plain = left > 0 ? unpacked(bytes, left) : undefined;
    if (plain === undefined) return undefined;
    left -= plain.length;
    texts.push(plain.toString('utf8'));
  }
  return texts;
}

/**
 * The bytes, decompressed where they are gzip; undefined where they are broken, or become too long.
 *
 * @param most how many bytes they may become
 */
function unpacked(bytes: Buffer, most: number): Buffer | undefined {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/** The values in base64 of PEM. A value may be wrapped into several lines. */
function encodedIn(text: string): Embedded[] {
  const found: Embedded[] = [];
  for (let at = text.indexOf(ENCODED_BEGIN); at >= 0; ) {
    const next = text.indexOf(ENCODED_BEGIN, at + ENCODED_BEGIN.length);
    const [value = ''] = /^[A-Za-z0-9+/\s]*/.exec(text.slice(at, next < 0 ? undefined : next)) ?? [];
    const { key, isClusters } = keyBefore(text.slice(Math.max(0, at - KEY_WITHIN), at));
    found.push({ key, isClusters, certificates: certificatesOf(value) });
    at = next;
  }
  return found.filter(({ certificates }) => certificates.length > 0);
}

/** All certificates in plain PEM count as one value, since a file of them is written in one piece or in several. */
function pemIn(text: string): Embedded[] {
  const certificates = certificatesIn(text);
  return certificates.length === 0 ? [] : [{ key: 'a PEM certificate', isClusters: false, certificates }];
}

/** The SHA-256 of a certificate's body, which is base64 without white space. */
const fingerprintOf = (body: string): string => createHash('sha256').update(body).digest('base64');

/** The fingerprints of PEM certificates, also of those that are indented, or whose lines end in a written `\n`. */
function certificatesIn(text: string): string[] {
  const found: string[] = [];
  for (let begin = text.indexOf(BEGIN); begin >= 0; ) {
    const from = begin + BEGIN.length;
    const end = text.indexOf(END, from);
    if (end < 0) break;
    found.push(fingerprintOf(text.slice(from, end).replace(/\\n|\s/g, '')));
    begin = text.indexOf(BEGIN, end);
  }
  return found;
}

/** The known key that stands nearest before a value. */
function keyBefore(text: string): Pick<Embedded, 'key' | 'isClusters'> {
  const before = text.toLowerCase();
  const [nearest] = KEYS.map((each) => ({ ...each, at: before.lastIndexOf(each.text) }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => b.at - a.at);
  return nearest ?? { key: 'a value under no known key', isClusters: false };
}
