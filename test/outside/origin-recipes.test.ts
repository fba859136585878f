import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../tools/check/project.ts';
import { missingPackages, whySkipped } from '../packages.ts';
import { describeOrigin } from './guarded/expectations.ts';
import { NGINX } from './guarded/nginx.ts';
import { RECIPES } from './guarded/recipes.ts';
import { startWorld, type World } from './guarded/world.ts';

/** The examples of `examples/origins/`, on the servers that people run them on, behind the real Gate. */
const missing = missingPackages('recipes');

test.runIf(process.env.RECIPES === 'required')('what the recipes need is installed', () => {
  expect(missing).toEqual([]);
});

describe.skipIf(missing.length > 0)(`recipes${whySkipped('recipes')}`, () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.stop());

  for (const origin of [...RECIPES, NGINX])
    describeOrigin(origin, () => world, { seesAliases: false, remembers: false });

  test('Python, ASGI: a WebSocket without an assertion is closed, on a health path too', () => {
    const folder = join(ROOT, 'examples/origins/python');
    const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
    const said = execFileSync('/usr/bin/python3', ['-c', WEBSOCKETS], { env, encoding: 'utf8' });
    const closed = { type: 'websocket.close', code: 1008 };
    expect(JSON.parse(said)).toEqual({ sent: [closed, closed], handled: 0 });
  });
});

const WEBSOCKETS = `
import asyncio, json
from latchkey_origin import Origin, asgi
sent, handled = [], []
async def app(scope, receive, send): handled.append(scope)
async def send(message): sent.append(message)
origin = Origin('https://keys.acme.com/jwks', 'https://keys.acme.com', 'acme-api', health_paths=('/healthz',))
guarded = asgi(app, origin)
for path in ('/v1/any/a', '/healthz'):
    headers = [(b'x-latchkey-user-id', b'user-test-evil')]
    asyncio.run(guarded({'type': 'websocket', 'path': path, 'headers': headers}, None, send))
print(json.dumps({'sent': sent, 'handled': len(handled)}))
`;
