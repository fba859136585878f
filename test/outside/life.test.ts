import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

it('npm run life tells a key’s whole life, and every step does what it should', async () => {
  const life = spawn(process.execPath, ['demo/life.ts'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => life.once('exit', done));
  const said = await text(life.stdout);
  expect(said).toContain('Every step did what it should.');
  expect(await ended).toBe(0);
  expect(said.match(/✓/g)?.length).toBeGreaterThan(20);
}, 300_000);
