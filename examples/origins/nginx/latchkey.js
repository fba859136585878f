// Lets in who comes through Latchkey: nginx asks it of every request (auth_request). It needs njs 0.7 or newer. Copy this
// file and nginx.conf; see docs/origins.md.

const ISSUER = 'https://keys.acme.com';
const AUDIENCE = 'acme-api';
// The server of nginx.conf that keeps the edge's keys.
const KEYS = 'http://127.0.0.1:9001/jwks';

const TOLERANCE_SECONDS = 5;
const MAX_LIFETIME_SECONDS = 60;
const AUTH_KINDS = ['api_key', 'client_credentials', 'access_token', 'session', 'anonymous'];
// What comes before the point in every P-256 key (RFC 5480 §2).
const SPKI = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';

/** 204 for who is believed; 401 and 403 as nginx hands them on; anything else, which nginx makes 500, where nobody can tell. */
async function verify(r) {
  try {
    const refusal = await judge(r);
    if (refusal === null) r.return(204);
    else {
      r.variables.latchkey_code = refusal[1];
      r.return(refusal[0]);
    }
  } catch (error) {
    // Whatever is thrown must not become a yes.
    r.error(`latchkey: ${error.message}`);
    r.return(503);
  }
}

const UNPROVEN = [401, 'assertion_required'];
const ANOTHER = [403, 'assertion_refused'];
const UNKNOWN = [503, 'assertion_unverifiable'];

async function judge(r) {
  const token = once(r, 'X-Latchkey-Assertion');
  const parts = token.split('.');
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) || token.length > 16384) return UNPROVEN;
  const header = parsed(parts[0]);
  // Nothing else is written by the edge: no `crit`, `jku`, `jwk` (RFC 8725 §3.10).
  if (header === null || Object.keys(header).sort().join() !== 'alg,kid,typ') return UNPROVEN;
  if (header.alg !== 'ES256' || header.typ !== 'latchkey-assertion+jwt') return UNPROVEN;

  const answer = await ngx.fetch(KEYS);
  if (answer.status !== 200) return UNKNOWN;
  const jwks = await answer.json();
  const jwk = jwks.keys.find((one) => one.kid === header.kid && one.kty === 'EC' && one.crv === 'P-256');
  if (jwk === undefined) return UNPROVEN;
  if (!(await isSigned(parts, jwk))) return UNPROVEN;

  const claims = parsed(parts[1]);
  if (claims === null || !isCurrent(claims)) return UNPROVEN;
  return agrees(r, claims) && isBound(r, claims) ? missing(r, claims) : ANOTHER;
}

async function isSigned(parts, jwk) {
  const bytes = (text) => Buffer.from(text, 'base64url');
  const spki = Buffer.concat([Buffer.from(SPKI, 'hex'), bytes(jwk.x), bytes(jwk.y)]);
  const key = await crypto.subtle.importKey('spki', spki, { name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'verify',
  ]);
  const how = { name: 'ECDSA', hash: 'SHA-256' };
  return crypto.subtle.verify(how, key, bytes(parts[2]), Buffer.from(`${parts[0]}.${parts[1]}`));
}

function isCurrent(claims) {
  const now = Math.floor(Date.now() / 1000);
  const iat = claims.iat;
  const exp = claims.exp;
  if (claims.iss !== ISSUER || claims.aud !== AUDIENCE) return false;
  if (!Number.isInteger(iat) || !Number.isInteger(exp) || typeof claims.jti !== 'string') return false;
  if (exp <= iat || exp - iat > MAX_LIFETIME_SECONDS) return false;
  return iat <= now + TOLERANCE_SECONDS && exp > now - TOLERANCE_SECONDS;
}

/** The plain headers, which nginx hands on, say what the assertion says and nothing else. */
function agrees(r, claims) {
  const isNobody = [claims.sub, claims.org, claims.client_id].every((one) => one === undefined);
  if (!AUTH_KINDS.includes(claims.auth) || (claims.auth === 'anonymous') !== isNobody) return false;
  return (
    once(r, 'X-Latchkey-Auth') === claims.auth &&
    once(r, 'X-Latchkey-User-Id') === (claims.sub || '') &&
    once(r, 'X-Latchkey-Organization-Id') === (claims.org || '') &&
    once(r, 'X-Latchkey-Key-Id') === (claims.client_id || '') &&
    once(r, 'X-Latchkey-Scopes') === (claims.scope || '')
  );
}

/** RFC 9449 §4.3: `htm` and `htu` match the request. */
function isBound(r, claims) {
  if (claims.htm === undefined && claims.htu === undefined) return r.variables.latchkey_bound !== '1';
  const path = (target) => target.replace(/^[a-z]+:\/\/[^/?]*/, '').replace(/\?.*$/, '');
  return claims.htm === r.variables.request_method && path(claims.htu) === path(r.variables.request_uri);
}

function missing(r, claims) {
  if (claims.auth === 'anonymous' && r.variables.latchkey_anonymous !== '1')
    return [403, 'anonymous_refused'];
  const has = (claims.scope || '').split(' ');
  const needed = (r.variables.latchkey_scopes || '').split(' ').filter((scope) => scope !== '');
  return needed.every((scope) => has.includes(scope)) ? null : [403, 'insufficient_scope'];
}

/** The value of a header that comes once; empty where it does not come; nothing that anybody is where it comes twice. */
function once(r, name) {
  const lower = name.toLowerCase();
  const values = r.rawHeadersIn.filter((header) => header[0].toLowerCase() === lower);
  return values.length > 1 ? ',' : values.length === 1 ? values[0][1] : '';
}

function parsed(part) {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch (_) {
    return null;
  }
}

export default { verify };
