<?php

declare(strict_types=1);

/**
 * Lets in who comes through Latchkey, and says who it is. It needs PHP 8.1 with openssl. Copy this file; see
 * docs/origins.md.
 */

namespace Latchkey;

const AUTH_KINDS = ['api_key', 'client_credentials', 'access_token', 'session', 'anonymous'];

const FRESH_SECONDS = 600;
const STALE_SECONDS = 86_400;
const COOLDOWN_SECONDS = 30;
const TIMEOUT_SECONDS = 3;
const MAX_JWKS_BYTES = 65_536;
const MAX_LIFETIME_SECONDS = 60;
const TOLERANCE_SECONDS = 5;

/** What is believed. */
final class Origin
{
    public function __construct(
        public readonly string $jwksUrl,
        public readonly string $issuer,
        public readonly string $audience,
        /** A file in a folder that nobody else may write: PHP forgets the keys from one request to the next. */
        public readonly string $cacheFile,
        public readonly string $prefix = 'X-Latchkey',
        /** origin.url of the edge, and the path that a proxy in between takes away. */
        public readonly ?string $baseUrl = null,
        public readonly array $healthPaths = [],
        /** function (string $path): bool; default nobody. */
        public readonly ?\Closure $allowAnonymous = null,
        /** function (string $path): bool; default none. */
        public readonly ?\Closure $mustBeBound = null,
        /** function (string $id, int $expiresAt): bool, whether a bound assertion comes for the first time. */
        public readonly ?\Closure $isNew = null,
    ) {
        if (!preg_match('~^(https://|http://(localhost|127\.0\.0\.1)[:/])~', $jwksUrl)) {
            throw new \InvalidArgumentException('jwksUrl must be https');
        }
    }
}

final class Identity
{
    public function __construct(
        public readonly string $auth,
        public readonly ?string $userId,
        public readonly ?string $organizationId,
        public readonly ?string $keyId,
        /** @var string[] */
        public readonly array $scopes,
    ) {
    }
}

/** Why a request is not believed. The reason is for logs; the client is told the status alone. */
final class Refused extends \RuntimeException
{
    private const CODES = [401 => 'assertion_required', 403 => 'assertion_refused', 503 => 'assertion_unverifiable'];

    public function __construct(public readonly int $status, string $reason, private readonly ?string $problem = null)
    {
        parent::__construct($reason);
    }

    public function problem(): string
    {
        return $this->problem ?? self::CODES[$this->status];
    }
}

/** Who sent this request, null on a health path. Answers and ends where nobody may be assumed: call it first. */
function guard(Origin $origin): ?Identity
{
    $path = path_of($_SERVER['REQUEST_URI']);
    $isRead = in_array($_SERVER['REQUEST_METHOD'], ['GET', 'HEAD'], true);
    if ($isRead && in_array($path, $origin->healthPaths, true)) {
        return null;
    }
    try {
        return verify($origin, $_SERVER['REQUEST_METHOD'], $path, $_SERVER);
    } catch (Refused $refused) {
        answer($refused);
    } catch (\Throwable $error) {
        // Whatever else is thrown must not become a yes.
        answer(new Refused(503, $error->getMessage()));
    }
}

/** Answers and ends unless the caller has all of these scopes. */
function require_scopes(?Identity $identity, string ...$scopes): void
{
    if ($identity === null) {
        answer(new Refused(401, 'nobody'));
    }
    if (array_diff($scopes, $identity->scopes) !== []) {
        answer(new Refused(403, 'scope missing', 'insufficient_scope'));
    }
}

function answer(Refused $refused): never
{
    http_response_code($refused->status);
    header('Content-Type: application/problem+json');
    header('Cache-Control: no-store');
    if ($refused->status === 401) {
        header('WWW-Authenticate: Latchkey-Assertion');
    }
    if ($refused->status === 503) {
        header('Retry-After: 1');
    }
    echo json_encode(['type' => 'about:blank', 'status' => $refused->status, 'code' => $refused->problem()]);
    exit;
}

function verify(Origin $origin, string $method, string $path, array $server): Identity
{
    $said = received($origin->prefix, $server);
    $claims = claims($origin, $said['ASSERTION'] ?? '');
    $identity = identity_of($claims);
    unset($said['ASSERTION']);
    $expected = array_filter([
        'AUTH' => $identity->auth,
        'USER_ID' => $identity->userId,
        'ORGANIZATION_ID' => $identity->organizationId,
        'KEY_ID' => $identity->keyId,
        'SCOPES' => $identity->scopes === [] ? null : implode(' ', $identity->scopes),
    ], fn ($value) => $value !== null);
    ksort($said);
    ksort($expected);
    // PHP reads `X_Latchkey_User_Id` as `X-Latchkey-User-Id`; the assertion it cannot change.
    if ($said !== $expected) {
        throw new Refused(403, 'headers disagree');
    }
    bound($origin, $claims, $method, $path);
    if ($identity->auth === 'anonymous' && ($origin->allowAnonymous === null || ($origin->allowAnonymous)($path) !== true)) {
        throw new Refused(403, 'anonymous', 'anonymous_refused');
    }
    return $identity;
}

/** The edge's headers, by what follows the prefix. */
function received(string $prefix, array $server): array
{
    $start = 'HTTP_' . strtoupper(str_replace('-', '_', $prefix)) . '_';
    $said = [];
    foreach (['ASSERTION', 'AUTH', 'USER_ID', 'ORGANIZATION_ID', 'KEY_ID', 'SCOPES'] as $name) {
        // A proxy that asks the edge for its decision may write an empty header where the edge says nothing.
        if (($server[$start . $name] ?? '') !== '') {
            $said[$name] = $server[$start . $name];
        }
    }
    return $said;
}

function claims(Origin $origin, string $token): array
{
    if (strlen($token) > 16_384 || !preg_match('/^([\w-]+)\.([\w-]+)\.([\w-]+)$/D', $token, $parts)) {
        throw new Refused(401, 'assertion missing or malformed');
    }
    $header = json(base64url($parts[1]));
    ksort($header);
    // Nothing else is written by the edge: no `crit`, `jku`, `jwk` (RFC 8725 3.10).
    if (array_keys($header) !== ['alg', 'kid', 'typ'] || $header['alg'] !== 'ES256'
        || $header['typ'] !== 'latchkey-assertion+jwt' || !is_string($header['kid'])) {
        throw new Refused(401, 'assertion of another type');
    }
    $key = find_key($origin, $header['kid']);
    $signature = der(base64url($parts[3]));
    if (openssl_verify("$parts[1].$parts[2]", $signature, $key, OPENSSL_ALGO_SHA256) !== 1) {
        throw new Refused(401, 'signature');
    }
    $claims = json(base64url($parts[2]));
    ['iss' => $iss, 'aud' => $aud, 'iat' => $iat, 'exp' => $exp, 'jti' => $jti]
        = $claims + ['iss' => null, 'aud' => null, 'iat' => null, 'exp' => null, 'jti' => null];
    if ($iss !== $origin->issuer || $aud !== $origin->audience || !is_string($jti) || !is_int($iat) || !is_int($exp)) {
        throw new Refused(401, 'claims');
    }
    if ($exp <= $iat || $exp - $iat > MAX_LIFETIME_SECONDS) {
        throw new Refused(401, 'lifetime');
    }
    $now = time();
    if ($iat > $now + TOLERANCE_SECONDS || $exp <= $now - TOLERANCE_SECONDS) {
        throw new Refused(401, 'out of time');
    }
    return $claims;
}

function identity_of(array $claims): Identity
{
    $who = array_map(fn ($name) => $claims[$name] ?? null, ['sub', 'org', 'client_id']);
    $auth = $claims['auth'] ?? null;
    $isSomebody = array_filter($who, fn ($one) => $one !== null) !== [];
    if (!in_array($auth, AUTH_KINDS, true) || ($auth === 'anonymous') === $isSomebody) {
        throw new Refused(401, 'claims');
    }
    return new Identity($auth, $who[0], $who[1], $who[2], isset($claims['scope']) ? explode(' ', $claims['scope']) : []);
}

/** RFC 9449 4.3: `htm` and `htu` match the request. */
function bound(Origin $origin, array $claims, string $method, string $path): void
{
    if (!isset($claims['htm']) && !isset($claims['htu'])) {
        if ($origin->mustBeBound !== null && ($origin->mustBeBound)($path) !== false) {
            throw new Refused(403, 'not bound');
        }
        return;
    }
    $heard = $origin->baseUrl === null ? path_of($claims['htu'] ?? '') : $claims['htu'] ?? '';
    if (($claims['htm'] ?? '') !== $method || $heard !== rtrim($origin->baseUrl ?? '', '/') . $path) {
        throw new Refused(403, 'bound to another request');
    }
    if ($origin->isNew !== null && ($origin->isNew)($claims['jti'], $claims['exp'] + TOLERANCE_SECONDS) !== true) {
        throw new Refused(403, 'replayed');
    }
}

/** As PEM. Kept in the file for ten minutes, used stale for a day while the edge is silent. */
function find_key(Origin $origin, string $kid): string
{
    $kept = @json_decode((string) @file_get_contents($origin->cacheFile), true);
    $kept = is_array($kept) ? $kept : ['fetched_at' => 0, 'retry_at' => 0, 'is_silent' => true, 'keys' => []];
    $age = time() - $kept['fetched_at'];
    if ((!isset($kept['keys'][$kid]) || $age >= FRESH_SECONDS) && time() >= $kept['retry_at']) {
        // Written before the wait, so that those who come meanwhile do not ask too.
        keep($origin->cacheFile, ['retry_at' => time() + TIMEOUT_SECONDS] + $kept);
        $keys = fetch_keys($origin->jwksUrl);
        $kept = $keys === null
            ? ['retry_at' => time() + 1, 'is_silent' => true] + $kept
            : ['fetched_at' => time(), 'retry_at' => time() + COOLDOWN_SECONDS, 'is_silent' => false, 'keys' => $keys];
        keep($origin->cacheFile, $kept);
        $age = time() - $kept['fetched_at'];
    }
    if (isset($kept['keys'][$kid]) && $age < STALE_SECONDS) {
        return $kept['keys'][$kid];
    }
    throw $kept['is_silent'] || $age >= STALE_SECONDS ? new Refused(503, 'keys unavailable') : new Refused(401, 'unknown key');
}

function keep(string $file, array $kept): void
{
    $new = tempnam(dirname($file), 'jwks');
    file_put_contents($new, json_encode($kept));
    rename($new, $file);
}

function fetch_keys(string $url): ?array
{
    $http = ['timeout' => TIMEOUT_SECONDS, 'follow_location' => 0];
    $text = @file_get_contents($url, false, stream_context_create(['http' => $http]), 0, MAX_JWKS_BYTES);
    if ($text === false || !str_contains($http_response_header[0] ?? '', ' 200')) {
        return null;
    }
    $keys = [];
    foreach (json_decode($text, true)['keys'] ?? [] as $jwk) {
        if (($jwk['kty'] ?? '') !== 'EC' || ($jwk['crv'] ?? '') !== 'P-256') {
            continue;
        }
        // SubjectPublicKeyInfo of a P-256 key (RFC 5480 2): what is before the point is always the same.
        $der = hex2bin('3059301306072a8648ce3d020106082a8648ce3d03010703420004') . base64url($jwk['x']) . base64url($jwk['y']);
        $keys[$jwk['kid']] = "-----BEGIN PUBLIC KEY-----\n" . chunk_split(base64_encode($der), 64, "\n") . "-----END PUBLIC KEY-----\n";
    }
    return $keys === [] ? null : $keys;
}

/** An ES256 signature is two numbers of 32 bytes (RFC 7518 3.4); OpenSSL wants them as ASN.1. */
function der(string $signature): string
{
    if (strlen($signature) !== 64) {
        throw new Refused(401, 'signature');
    }
    $numbers = '';
    foreach (str_split($signature, 32) as $number) {
        $number = ltrim($number, "\0");
        $number = $number === '' || ord($number[0]) > 127 ? "\0$number" : $number;
        $numbers .= "\x02" . chr(strlen($number)) . $number;
    }
    return "\x30" . chr(strlen($numbers)) . $numbers;
}

function base64url(string $text): string
{
    $bytes = base64_decode(strtr($text, '-_', '+/'), true);
    return $bytes === false ? throw new Refused(401, 'base64url') : $bytes;
}

function json(string $text): array
{
    $value = json_decode($text, true);
    return is_array($value) ? $value : throw new Refused(401, 'JSON');
}

function path_of(string $target): string
{
    return explode('?', preg_replace('~^[a-z]+://[^/?#]*~', '', $target))[0];
}
