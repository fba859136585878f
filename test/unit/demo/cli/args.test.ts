import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { COMMANDS, DEFAULT_API, readArgs } from '../../../../demo/cli/args.ts';
import { HELP } from '../../../../demo/cli/help.ts';

const read = (line: string) => readArgs(line === '' ? [] : line.split(' '));
const commandOf = (line: string) => {
  const command = read(line);
  if (!command.ok) throw new Error(command.problem);
  return command.value;
};

describe('what is to be done', () => {
  it.each([
    ['login', { name: 'login', api: DEFAULT_API, deviceName: hostname(), scope: null }],
    [
      'login --api https://api.acme.com --device-name build-7 --scope items:read',
      { name: 'login', api: 'https://api.acme.com', deviceName: 'build-7', scope: 'items:read' },
    ],
    ['login --api https://API.acme.com:443/', { api: 'https://api.acme.com' }],
    ['login --api http://[::1]:8787', { api: 'http://[::1]:8787' }],
    ['whoami', { name: 'whoami', api: null }],
    ['status --api http://localhost:8787', { name: 'status', api: 'http://localhost:8787' }],
    ['call /v1/items/1?a=b', { name: 'call', api: null, path: '/v1/items/1?a=b', method: 'GET', data: null }],
    ['call /v1/items -d {}', { method: 'POST', data: '{}' }],
    ['call -X patch /v1/items/1 -d -', { method: 'PATCH', data: '-' }],
    ['call /v1/items/1 -X DELETE', { method: 'DELETE', data: null }],
    ['logout', { name: 'logout', api: null, force: false }],
    ['logout --force', { force: true }],
    ['--help', { name: 'help', of: 'all' }],
    ['help', { name: 'help', of: 'all' }],
    ['call --help', { name: 'help', of: 'call' }],
    ['login -h', { name: 'help', of: 'login' }],
  ])('%s', (line, command) => {
    expect(commandOf(line)).toMatchObject(command);
  });
});

describe('what is not understood is 2, and says why', () => {
  it.each([
    ['', 'Say what to do'],
    ['revoke', 'no command "revoke"'],
    ['login now', 'one word too many'],
    ['whoami --force', "'--force'"],
    ['login --api', "'--api <value>' argument missing"],
    ['status --api ftp://api.acme.com', '--api must be https://'],
    ['login --api http://api.acme.com', '--api must be https://'],
    ['login --api http://127.0.0.1.evil.com', '--api must be https://'],
    ['login --api https://me:secret@api.acme.com', '--api must be https://'],
    ['login --api https://api.acme.com/v1', 'without a path'],
    ['login --api https://api.acme.com?x=1', 'without a path'],
    ['login --api nonsense', '--api must be https://'],
    ['call', 'which path to call'],
    ['call v1/items', 'which path to call'],
    ['call https://evil.com/', 'which path to call'],
    ['call @evil.com/', 'which path to call'],
    ['call /a /b', 'one word too many'],
    ['call /a -X GE_T', '-X must be a method'],
    ['call /a -X GET -d {}', 'GET has no body'],
  ])('%j', (line, problem) => {
    expect(read(line)).toMatchObject({ ok: false, exitCode: 2, problem: expect.stringContaining(problem) });
  });

  it('a name of nothing but blanks', () => {
    expect(readArgs(['login', '--device-name', '  '])).toMatchObject({ ok: false, exitCode: 2 });
  });

  it('no option takes a key or a secret', () => {
    for (const command of COMMANDS)
      for (const option of ['--key', '--token', '--secret', '--password'])
        expect(readArgs([command, option, 'x'])).toMatchObject({ ok: false, exitCode: 2 });
  });
});

describe('help', () => {
  it('tells every command, and of each its options', () => {
    for (const command of COMMANDS) {
      expect(HELP.all).toContain(`npm run cli -- ${command}`);
      expect(HELP[command]).toContain(`npm run cli -- ${command}`);
      expect(HELP[command]).toContain('--api URL');
    }
    for (const option of ['--device-name', '--scope']) expect(HELP.login).toContain(option);
    for (const option of ['-X', '-d']) expect(HELP.call).toContain(option);
    expect(HELP.logout).toContain('--force');
  });
});
