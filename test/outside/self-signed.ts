import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM files of a key and of a certificate that nobody but the key itself has signed. */
export interface SelfSigned {
  readonly certificate: string;
  readonly key: string;
}

/** Writes them into a folder; for names of DNS and addresses of IPv4, good for a day. */
export const selfSigned = (folder: string, names: readonly string[], name = 'server'): SelfSigned => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('Latchkey test')))));
  const alternatives = sequence(...names.map(generalName));
  const body = sequence(
    VERSION_3,
    der(0x02, Buffer.of(1)),
    ECDSA_WITH_SHA256,
    subject,
    sequence(time(Date.now() - HOUR_MS), time(Date.now() + 24 * HOUR_MS)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(SUBJECT_ALT_NAME, der(0x04, alternatives)))),
  );
  const signature = sign('sha256', body, privateKey);
  const whole = sequence(body, ECDSA_WITH_SHA256, der(0x03, Buffer.of(0), signature));
  const [certificate, key] = [join(folder, `${name}-cert.pem`), join(folder, `${name}-key.pem`)];
  const lines = (whole.toString('base64').match(/.{1,64}/g) ?? []).join('\n');
  writeFileSync(certificate, `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return { certificate, key };
};

const HOUR_MS = 3_600_000;
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
const ECDSA_WITH_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');
const VERSION_3 = Buffer.from('a003020102', 'hex');

/** RFC 5280 §4.2.1.6: a dNSName or an iPAddress. */
const generalName = (name: string): Buffer =>
  /^[\d.]+$/.test(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name));

/** UTCTime, as RFC 5280 §4.1.2.5.1 wants it through 2049: YYMMDDHHMMSSZ. */
const time = (ms: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const sizeBytes = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...sizeBytes), ...parts]);
};
