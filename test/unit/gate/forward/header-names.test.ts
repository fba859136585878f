import { describe, expect, it } from 'vitest';
import { createHeaderRules } from '../../../../src/gate/forward/headers.ts';

const rules = createHeaderRules({ prefix: 'X-Latchkey' });
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * Each name by itself, so that none can leave a list unnoticed. Those that `outside/hostile-headers` and `headers.test.ts`
 * send are not said again.
 */
const NEVER_SENT = {
  'HDR-03 › of one hop': 'Proxy-Connection Proxy-Authentication-Info',
  'HDR-05 › who or where the client is': `Forwarded-For Forwarded-Host Forwarded-Proto Real-IP Real-Client-IP
    X-True-Client-IP X-Cluster-IP X-Cluster-Client-Addr CDN-Real-IP Remote-IP X-Host-Override X-Backend-Host X-Server-IP
    X-Forwarded-User`,
  'HDR-06 › what is asked for': 'Redirect',
  'HDR-08 › what a proxy would have set': `Remote-Groups X-Remote-Group X-Remote-Groups X-Client-DN X-Client-Verify
    X-Next-Cache X-Invoke-Path X-Anonymous-Consumer X-Apigateway-Api-UserInfo X-Goog-Authenticated-User-Email
    X-Amzn-Mtls-Clientcert`,
  'PATH-09 › the handshake between the runtime and the origin': `Sec-WebSocket-Key Sec-WebSocket-Version
    Sec-WebSocket-Extensions Sec-WebSocket-Accept`,
  'CACHE-01 › what tells a cache before the origin': 'Cache-Control Pragma',
};

const NEVER_RETURNED = {
  'HDR-12 › what is not the origin’s to say': `Set-Cookie2 X-AspNet-Version X-AspNetMvc-Version Reporting-Endpoints
    X-Rate-Limit-Remaining`,
};

/** What directs shared caches: of one caller’s answer it goes, of everybody’s it stays. */
const FOR_SHARED_CACHES = words(`cdn-cache-control cloudflare-cdn-cache-control surrogate-control edge-control
  surrogate-key surrogate-keys cache-tag cache-tags edge-cache-tag xkey`);

describe.each(Object.entries(NEVER_SENT))('never sent: %s', (_, names) => {
  it.each(words(names))('%s', (name) => {
    for (const spelled of [name, name.toLowerCase(), name.toUpperCase()])
      expect([spelled, rules.forwards(spelled)]).toEqual([spelled, false]);
  });
});

describe.each(Object.entries(NEVER_RETURNED))('never returned: %s', (_, names) => {
  it.each(words(names))('%s', (name) => {
    expect([rules.returns(name), rules.returnsToOne(name)]).toEqual([false, false]);
  });
});

it.each(FOR_SHARED_CACHES)('CACHE-03 › %s stays only in what is for everybody', (name) => {
  expect([rules.returns(name), rules.returnsToOne(name)]).toEqual([true, false]);
});
