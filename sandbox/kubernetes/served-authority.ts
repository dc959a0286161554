import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A certificate authority, and the key and certificate of a server on the loopback interface. All in PEM. */
export interface ServedAuthority {
  readonly certificate: string;
  readonly server: { readonly key: string; readonly cert: string };
}

const DAYS = '30';
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

const REQUESTS = `[req]
distinguished_name = name
prompt = no
[name]
CN = EKS Host Remediator sandbox
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost
`;

/**
 * Creates an authority and a certificate of it with OpenSSL's command, which exists on Linux and macOS, and comes with
 * Git for Windows. The keys exist only in this process.
 *
 * @returns undefined where the command does not exist
 */
export async function makeAuthority(): Promise<ServedAuthority | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'eks-sandbox-tls-'));
  const openssl = (...argv: string[]) => promisify(execFile)('openssl', argv, { cwd: folder });
  try {
    await writeFile(join(folder, 'requests.cnf'), REQUESTS);
    const authority = ['-config', 'requests.cnf', '-extensions', 'authority', '-keyout', 'ca.key', '-out', 'ca.pem'];
    await openssl('req', '-x509', ...CURVE, '-days', DAYS, ...authority);
    await openssl('req', '-new', ...CURVE, '-config', 'requests.cnf', '-keyout', 'server.key', '-out', 'server.csr');
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'requests.cnf'];
    await openssl(
      'x509',
      '-req',
      '-in',
      'server.csr',
      ...signed,
      '-extensions',
      'server',
      '-days',
      DAYS,
      '-out',
      'server.pem',
    );
    const [certificate, key, cert] = await Promise.all(
      ['ca.pem', 'server.key', 'server.pem'].map((file) => readFile(join(folder, file), 'utf8')),
    );
    if (certificate === undefined || key === undefined || cert === undefined) return undefined;
    return { certificate, server: { key, cert } };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
}
