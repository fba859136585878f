<?php

declare(strict_types=1);

/** An API behind Latchkey: it says who calls. Every request comes here: `php -S 127.0.0.1:9000 index.php`, or a front controller. */

require __DIR__ . '/latchkey.php';

$you = Latchkey\guard(new Latchkey\Origin(
    jwksUrl: getenv('LATCHKEY_JWKS_URL'),
    issuer: getenv('LATCHKEY_ISSUER'),
    audience: getenv('LATCHKEY_AUDIENCE'),
    cacheFile: __DIR__ . '/jwks.json',
    healthPaths: ['/healthz'],
    allowAnonymous: fn (string $path) => str_starts_with($path, '/optional/'),
    mustBeBound: fn (string $path) => str_starts_with($path, '/v1/strict/'),
));

$path = Latchkey\path_of($_SERVER['REQUEST_URI']);
if ($path === '/healthz') {
    header('Content-Type: text/plain');
    exit('well');
}
if ($path === '/v1/any/admin') {
    Latchkey\require_scopes($you, 'admin:all');
}
file_put_contents('php://stderr', "handled\n");
header('Content-Type: application/json');
echo json_encode(['user' => $you->userId, 'key' => $you->keyId, 'auth' => $you->auth, 'scopes' => $you->scopes]);
