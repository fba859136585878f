import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOf } from '../../demo/http.ts';
import { issueKey, signIn } from '../../demo/world.ts';
import { blocksOf } from '../../tools/documents/blocks.ts';
import { openApproval } from './approval.ts';
import { type OwnLatchkey, startLatchkey } from './latchkey.ts';

/** For a machine that has much else to do. */
const PATIENCE_MS = 180_000;

const PAGE = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/oauth.md'), 'utf8');

let latchkey: OwnLatchkey;
beforeAll(async () => {
  latchkey = await startLatchkey();
}, PATIENCE_MS);
const folder = mkdtempSync(join(tmpdir(), 'latchkey-oauth-page-'));
afterAll(async () => {
  await latchkey.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** One POSIX shell, into which is pasted piece by piece; each piece's output. */
const openShell = (folder: string) => {
  const shell = spawn('sh', [], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  const mark = 'this is the end of it';
  return {
    paste: (commands: string): Promise<string> =>
      new Promise((done) => {
        let output = '';
        const listen = (piece: Buffer): void => {
          output += String(piece);
          if (!output.endsWith(mark)) return;
          shell.stdout.off('data', listen);
          done(output.slice(0, -mark.length));
        };
        shell.stdout.on('data', listen);
        shell.stdin.write(`${commands}\nprintf '%s' '${mark}'\n`);
      }),
    close: () => shell.stdin.end(),
  };
};

test(
  'every line to paste of docs/oauth.md does what the page says, one after the other',
  async () => {
    const { world } = latchkey;
    const { places } = world;
    const user = await signIn(world);
    const { key, id } = await issueKey(world, user);
    const blocks = blocksOf(PAGE).map(({ commands }) =>
      commands.replaceAll('localhost:8787', places.deskHost).replaceAll('127.0.0.1:8787', places.apiHost),
    );
    const next = (beginning: string): string => {
      const block = blocks.shift() ?? '';
      expect(block).toMatch(new RegExp(`^${beginning}`));
      return block;
    };
    const shell = openShell(folder);
    await shell.paste(`KEY=${key}\n${next('DESK=')}`);

    const token = { token_type: 'Bearer', scope: 'items:read', expires_in: expect.any(Number) };
    expect(JSON.parse(await shell.paste(next('curl')))).toMatchObject(token);
    expect(JSON.parse(await shell.paste(next('curl')))).toMatchObject(token);

    const active = { active: true, scope: 'items:read', client_id: id, sub: user.id };
    expect(JSON.parse(await shell.paste(next('TOKEN=')))).toMatchObject(active);
    expect(JSON.parse(await shell.paste(next('OPERATOR=')))).toMatchObject(active);

    expect((await shell.paste(next('curl'))).match(/^HTTP\/1\.1 200 OK/gm)).toHaveLength(2);
    const stillActive = `curl -sS $DESK/oauth2/introspect -u "$OPERATOR" -d "token=$KEY"`;
    expect(JSON.parse(await shell.paste(stillActive))).toEqual({ active: false });

    const codes: unknown = JSON.parse(await shell.paste(next('CODES=')));
    expect(codes).toMatchObject({ verification_uri: `${places.desk}/device`, expires_in: 600, interval: 5 });
    const poll = next('DEVICE_CODE=');
    expect(JSON.parse(await shell.paste(poll))).toMatchObject({ error: 'authorization_pending' });
    const approval = await openApproval(places, user, textOf(codes, 'verification_uri_complete'));
    expect(approval.page).toContain('Acme CLI on my laptop');
    await approval.decide('approve');
    const given: unknown = JSON.parse(await shell.paste(poll));
    expect(given).toMatchObject({ token_type: 'Bearer', scope: 'items:read', key_id: expect.any(String) });
    expect(await shell.paste(next('DEVICE_KEY='))).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(JSON.parse(await shell.paste(stillActive.replace('$KEY', '$DEVICE_KEY')))).toEqual({
      active: false,
    });

    const metadata = (await shell.paste(next('curl'))).replaceAll('}{', '}\n{').split('\n');
    expect(metadata.map((each) => JSON.parse(each))).toMatchObject([
      { resource: places.api, authorization_servers: [places.desk] },
      { resource: `${places.api}/v1/items/1` },
      { issuer: places.desk },
      { keys: [{ kty: 'EC' }] },
    ]);
    expect(blocks).toEqual([]);
    shell.close();
  },
  PATIENCE_MS,
);
