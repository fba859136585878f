import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from '../../src/config/hosts.ts';

/** What is wrong with the keypair that the hosts are to be served with; nothing is told of what the key is. */
export const tlsProblems = (
  { certificate, key }: { readonly certificate: string; readonly key: string },
  hosts: readonly string[],
  nowMs: number,
): readonly string[] => {
  const chain = parsed(certificate, (pem) => new X509Certificate(pem));
  const privateKey = parsed(key, createPrivateKey);
  if (chain === null || privateKey === null) {
    return [
      ...(chain === null ? [`--tls-cert: ${certificate} cannot be read as a certificate in PEM`] : []),
      ...(privateKey === null ? [`--tls-key: ${key} cannot be read as a private key in PEM`] : []),
    ];
  }
  const foreign = hosts.map(hostname).filter((host) => !isFor(chain, host));
  return [
    ...(chain.checkPrivateKey(privateKey) ? [] : [`--tls-key: ${key} is not the key of ${certificate}`]),
    ...(nowMs < chain.validToDate.getTime() ? [] : [`--tls-cert: ${certificate} ended on ${chain.validTo}`]),
    ...(foreign.length === 0 ? [] : [`--tls-cert: ${certificate} is not for ${foreign.join(', ')}`]),
  ];
};

/** What is wrong with files of authorities. */
export const authorityProblems = (paths: readonly string[]): readonly string[] =>
  paths.flatMap((path) =>
    parsed(path, (pem) => new X509Certificate(pem)) === null
      ? [`--ca: ${path} cannot be read as a certificate in PEM`]
      : [],
  );

/** Null for a file that is not there, or has something else in it. */
const parsed = <T>(path: string, parse: (pem: Buffer) => T): T | null => {
  try {
    return parse(readFileSync(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
};

const isFor = (certificate: X509Certificate, host: string): boolean => {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  return (isIP(address) === 0 ? certificate.checkHost(host) : certificate.checkIP(address)) !== undefined;
};
